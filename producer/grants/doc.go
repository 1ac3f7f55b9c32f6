// Package grants keeps the OAuth connections of sources: the pair of tokens that Notion granted
// for each, sealed in the control topic, and its renewal.
//
// A pair is replaced whole. Notion answers a renewal once, refuses the old refresh token from then
// on, and publishes no expiry; so a pair is renewed only after Notion has refused it, and an answer
// that is lost costs a person a click. The order of a renewal is therefore fixed:
//
//  1. The control topic is read up to now: somebody may have renewed the pair or connected anew.
//  2. Notion is asked whether the token is active (introspection): an error of Notion's must burn
//     no pair.
//  3. The record of the grant says that a renewal begins. Only the owner of the source can write it.
//  4. Notion renews. From here to the next step nothing but the end of the process stops us.
//  5. The new pair is stored, then used. If this process lost the source meanwhile, the pair is
//     handed to the new owner.
//
// A process that ends between 4 and 5 leaves the note of step 3: the next owner tries the old pair,
// and if Notion refuses it the person is told what happened.
package grants
