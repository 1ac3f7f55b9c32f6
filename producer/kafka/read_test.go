package kafka

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// abandonData writes records to the data topic and aborts them.
func (b *bubble) abandonData(w *Writer, records ...Record) {
	b.t.Helper()
	b.leaveDataOpen(w, records...)
	if err := w.client.EndTransaction(b.t.Context(), kgo.TryAbort); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bubble) leaveDataOpen(w *Writer, records ...Record) {
	b.t.Helper()
	if err := w.client.BeginTransaction(); err != nil {
		b.t.Fatal(err)
	}
	if _, err := w.produceAll(b.t.Context(), w.dataRecords(records)); err != nil {
		b.t.Fatal(err)
	}
}

func other(b *bubble) *Writer {
	b.t.Helper()
	w, err := b.cluster().Claim(b.t.Context(), 1, kv("owner", "other"))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(w.Close)
	return w
}

// inOne is a record of a topic with a single partition.
func inOne(key, value string) Record {
	return Record{Topic: "one", Partitions: 1, Key: []byte(key), Value: []byte(value)}
}

func TestReadAllEnds(t *testing.T) {
	for name, c := range map[string]struct {
		write func(b *bubble, w *Writer)
		want  []string
	}{
		"on an empty topic": {
			write: func(*bubble, *Writer) {},
		},
		"on aborted records only": {
			write: func(b *bubble, w *Writer) {
				b.abandonData(w, inOne("a", "1"))
				b.abandonData(w, inOne("a", "2"))
			},
		},
		"on aborted records after committed ones": {
			write: func(b *bubble, w *Writer) {
				mustCommit(b.t, w, []Record{inOne("a", "1")})
				b.abandonData(w, inOne("a", "2"))
			},
			want: []string{"a=1"},
		},
		"at an open transaction": {
			write: func(b *bubble, w *Writer) {
				mustCommit(b.t, w, []Record{inOne("a", "1")})
				b.leaveDataOpen(other(b), inOne("a", "open"))
				mustCommit(b.t, w, []Record{inOne("a", "behind it")})
			},
			want: []string{"a=1"},
		},
		"at an open transaction with nothing before": {
			write: func(b *bubble, w *Writer) { b.leaveDataOpen(w, inOne("a", "open")) },
		},
		"at an open transaction with aborted records before": {
			write: func(b *bubble, w *Writer) {
				mustCommit(b.t, w, []Record{inOne("a", "1")})
				b.leaveDataOpen(w, inOne("a", "2"))
				b.leaveDataOpen(other(b), inOne("a", "open"))
				if err := w.client.EndTransaction(b.t.Context(), kgo.TryAbort); err != nil {
					b.t.Fatal(err)
				}
			},
			want: []string{"a=1"},
		},
		"where compaction left gaps": {
			write: func(b *bubble, w *Writer) {
				for i := range 5 {
					mustCommit(b.t, w, []Record{inOne("a", fmt.Sprint(i)), inOne("b", fmt.Sprint(i))})
				}
				b.broker.Compact()
			},
			want: []string{"a=4", "b=4"},
		},
		"where compaction left markers at the end": {
			write: func(b *bubble, w *Writer) {
				mustCommit(b.t, w, []Record{inOne("a", "1"), inOne("b", "1")})
				b.abandonData(w, inOne("a", "2"))
				mustCommit(b.t, w, []Record{inOne("a", "3")})
				b.abandonData(w, inOne("b", "4"))
				b.broker.Compact()
			},
			want: []string{"b=1", "a=3"},
		},
		"where the beginning was deleted": {
			write: func(b *bubble, w *Writer) {
				for i := range 3 {
					mustCommit(b.t, w, []Record{inOne("a", fmt.Sprint(i))})
				}
				if err := b.broker.DeleteRecords("one", 0, 2); err != nil {
					b.t.Fatal(err)
				}
			},
			want: []string{"a=1", "a=2"},
		},
		"where everything was deleted": {
			write: func(b *bubble, w *Writer) {
				mustCommit(b.t, w, []Record{inOne("a", "1")})
				if err := b.broker.DeleteRecords("one", 0, -1); err != nil {
					b.t.Fatal(err)
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				b.createTopic("one", 1, nil)
				w := b.claim(b.cluster(), "me")
				c.write(b, w)
				started := time.Now()
				if diff := cmp.Diff(c.want, b.read("one")); diff != "" {
					t.Error(diff)
				}
				if took := time.Since(started); took > fetchWait {
					t.Errorf("it waited %s for something", took)
				}
			})
		})
	}
}

// Where Kafka has compacted away the last records and markers, no response leads up
// to the end.
func TestReadAllEndsWhereNothingIsLeftBeforeTheEnd(t *testing.T) {
	const end = 7
	inBubble(t, func(t *testing.T, b *bubble) {
		b.createTopic("one", 1, nil)
		mustCommit(t, b.claim(b.cluster(), "me"), []Record{inOne("a", "1")})
		b.broker.ControlKey(kmsg.ListOffsets.Int16(), func(q kmsg.Request) (kmsg.Response, error, bool) {
			b.broker.KeepControl()
			if q.(*kmsg.ListOffsetsRequest).Topics[0].Partitions[0].Timestamp != -1 {
				return nil, nil, false // it lists start offsets
			}
			return endsAt(q.(*kmsg.ListOffsetsRequest), end), nil, true
		})
		fetches := 0
		b.broker.ControlKey(kmsg.Fetch.Int16(), func(q kmsg.Request) (kmsg.Response, error, bool) {
			b.broker.KeepControl()
			fetches++
			if q.(*kmsg.FetchRequest).Topics[0].Partitions[0].FetchOffset == 0 {
				return nil, nil, false
			}
			answer, stable := nothing(q.(*kmsg.FetchRequest))
			*stable = end
			switch fetches {
			case 2: // a broker over its quota sends nothing either
				answer.ThrottleMillis = 100
			case 3: // one that was just elected may not know yet how far its log is stable
				*stable = end - 1
			}
			return answer, nil, true
		})
		if diff := cmp.Diff([]string{"a=1"}, b.read("one")); diff != "" {
			t.Error(diff)
		}
		if fetches != 4 {
			t.Errorf("it ended after %d answers, want it to believe the fourth", fetches)
		}
	})
}

func endsAt(q *kmsg.ListOffsetsRequest, end int64) *kmsg.ListOffsetsResponse {
	resp := q.ResponseKind().(*kmsg.ListOffsetsResponse)
	topic := kmsg.NewListOffsetsResponseTopic()
	topic.Topic = q.Topics[0].Topic
	for _, requested := range q.Topics[0].Partitions {
		part := kmsg.NewListOffsetsResponseTopicPartition()
		part.Partition, part.Offset = requested.Partition, end
		topic.Partitions = append(topic.Partitions, part)
	}
	resp.Topics = append(resp.Topics, topic)
	return resp
}

// nothing is an answer without records; stable is its last stable offset.
func nothing(q *kmsg.FetchRequest) (resp *kmsg.FetchResponse, stable *int64) {
	resp = q.ResponseKind().(*kmsg.FetchResponse)
	topic := kmsg.NewFetchResponseTopic()
	topic.Topic, topic.TopicID = q.Topics[0].Topic, q.Topics[0].TopicID
	topic.Partitions = append(topic.Partitions, kmsg.NewFetchResponseTopicPartition())
	resp.Topics = append(resp.Topics, topic)
	return resp, &topic.Partitions[0].LastStableOffset
}

func TestReadAllStopsAtTheEndAsOfTheCall(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		w := b.claim(b.cluster(), "me")
		inEveryPartition := func(value string) (data []Record) {
			for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
				data = append(data, record(key, value))
			}
			return data
		}
		mustCommit(t, w, inEveryPartition("early"))
		early := 0
		for r, err := range b.cluster().ReadAll(t.Context(), dataTopic) {
			if err != nil {
				t.Fatal(err)
			}
			if string(r.Value) != "early" {
				t.Fatalf("read %s=%s", r.Key, r.Value)
			}
			early++
			mustCommit(t, w, inEveryPartition("late"))
		}
		if early != 6 {
			t.Errorf("read %d records, want the 6 that were there at first", early)
		}
	})
}

func TestReadAllFollowsTheLeader(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		other, _, err := b.broker.AddNode(-1, 9093)
		if err != nil {
			t.Fatal(err)
		}
		b.createTopic("one", 1, nil)
		if err := b.broker.MoveTopicPartition("one", 0, other); err != nil {
			t.Fatal(err)
		}
		mustCommit(t, b.claim(b.cluster(), "me"), []Record{inOne("a", "1")})
		moved := false
		b.broker.ControlKey(kmsg.Fetch.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
			moved = true
			return nil, b.broker.MoveTopicPartition("one", 0, 1-other), false
		})
		if diff := cmp.Diff([]string{"a=1"}, b.read("one")); diff != "" || !moved {
			t.Error(diff, moved)
		}
	})
}

func TestReadAllReadsEveryPartition(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		w := b.claim(b.cluster(), "me")
		var data []Record
		want := map[string]bool{}
		for i := range 5000 {
			key := fmt.Sprintf("page %d", i)
			data, want[key+"=v"] = append(data, record(key, "v")), true
		}
		mustCommit(t, w, data)
		got := map[string]bool{}
		for _, r := range b.read(dataTopic) {
			got[r] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestReadPartition(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		w := b.claim(b.cluster(), "me")
		var data []Record
		var want []Position
		const partition, from = 1, 3
		for i := range 30 {
			data = append(data, record(fmt.Sprintf("page %d", i), "v"))
		}
		err := w.Commit(t.Context(), data, func(at []Position) ([]KeyValue, error) {
			for _, p := range at {
				if p.Partition == partition && p.Offset >= from {
					want = append(want, p)
				}
			}
			return nil, nil
		})
		if err != nil || len(want) == 0 {
			t.Fatalf("%v, %d records to find", err, len(want))
		}
		var got []Position
		for r, err := range b.cluster().ReadPartition(t.Context(), dataTopic, partition, from) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, Position{r.Topic, r.Partition, r.Offset})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		for _, err := range b.cluster().ReadPartition(t.Context(), "nowhere", partition, from) {
			wantError(t, err, ErrTopicMissing, "nowhere")
			return
		}
		t.Error("reading a topic that is missing ended without an error")
	})
}

func TestReadAllOfAMissingTopic(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		for _, err := range b.cluster().ReadAll(t.Context(), "nowhere") {
			wantError(t, err, ErrTopicMissing, "nowhere")
			return
		}
		t.Error("it ended without an error")
	})
}

// Leaders move and brokers answer badly for a while, and ReadAll goes on. A missing
// right lasts, and ReadAll gives up.
func TestReadAllAsksTheLeaderAgain(t *testing.T) {
	for name, c := range map[string]struct {
		fault kfake.Fault
		kind  error
	}{
		"not the leader":   {fault: kfake.Fault{Err: kerr.NotLeaderForPartition, Count: 2}},
		"unknown topic id": {fault: kfake.Fault{Err: kerr.UnknownTopicID, Count: 2}},
		"never the leader": {fault: kfake.Fault{Err: kerr.NotLeaderForPartition, Count: -1}, kind: kerr.NotLeaderForPartition},
		"not allowed":      {fault: kfake.Fault{Err: kerr.TopicAuthorizationFailed, Count: -1}, kind: kerr.TopicAuthorizationFailed},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				w := b.claim(b.cluster(), "me")
				mustCommit(t, w, []Record{record("a", "1")})
				c.fault.Keys = []kmsg.Key{kmsg.Fetch}
				b.broker.Fault(c.fault)
				read, started := 0, time.Now()
				for _, err := range b.cluster().ReadAll(t.Context(), dataTopic) {
					if err != nil {
						if c.kind == nil {
							t.Fatal(err)
						}
						wantError(t, err, c.kind, "reading topic data, partition")
						if took := time.Since(started); (took > fetchPause) != c.fault.Err.Retriable {
							t.Errorf("it gave up after %s", took)
						}
						return
					}
					read++
				}
				if c.kind != nil || read != 1 {
					t.Errorf("read %d records and ended well", read)
				}
			})
		})
	}
}

func TestReadAllGoesOnAfterALostConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		w := b.claim(b.cluster(), "me")
		mustCommit(t, w, []Record{record("a", "1")})
		b.broker.ControlKey(kmsg.Fetch.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) { return nil, context.Canceled, true })
		if diff := cmp.Diff([]string{"a=1"}, b.read(dataTopic)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestReadAllEndsWithItsContext(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		w := b.claim(b.cluster(), "me")
		mustCommit(t, w, []Record{record("a", "1")})
		b.broker.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Err: kerr.NotLeaderForPartition, Count: -1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		started := time.Now()
		for _, err := range b.cluster().ReadAll(ctx, dataTopic) {
			wantError(t, err, nil, "reading topic data")
		}
		if took := time.Since(started); took > 2*time.Second {
			t.Errorf("it ended after %s, a while after its context", took)
		}
	})
}

func TestTailFollows(t *testing.T) {
	for _, fromBeginning := range []bool{true, false} {
		t.Run(fmt.Sprint("from the beginning: ", fromBeginning), func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				w := b.claim(b.cluster(), "me")
				mustCommit(t, w, []Record{record("a", "before")})
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				go func() {
					<-time.After(10 * time.Second)
					b.abandonData(w, record("a", "aborted"))
					if err := w.Commit(ctx, []Record{record("a", "after")}, stateOf()); err != nil {
						t.Error(err)
					}
				}()
				var got []string
				var last error
				for r, err := range b.cluster().Tail(ctx, dataTopic, fromBeginning) {
					if last = err; err == nil {
						got = append(got, string(r.Value))
					}
				}
				want := []string{"after"}
				if fromBeginning {
					want = []string{"before", "after"}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
				wantError(t, last, context.DeadlineExceeded)
			})
		})
	}
}
