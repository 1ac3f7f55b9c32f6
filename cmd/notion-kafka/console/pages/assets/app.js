// What the console does beside its pages: the viewer's times, filters, and pages that
// change while they are open. Without it everything is a page, a link or a form.

const every = 5000; // ms between two looks at a page without a stream of events
const root = document.documentElement;
const $ = (selector, within = document) => [...within.querySelectorAll(selector)];

// Times.

const relative = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "short" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
const units = [["second", 60], ["minute", 60], ["hour", 24], ["day", 30], ["month", 12], ["year", Infinity]];

function ago(then) {
	let n = (then - Date.now()) / 1000;
	if (Math.abs(n) < 5) return "now";
	for (const [unit, size] of units) {
		if (Math.abs(n) < size) return relative.format(Math.round(n), unit);
		n /= size;
	}
}

function tellTimes(within = document) {
	for (const time of $("time", within)) {
		const then = new Date(time.dateTime);
		if (time.dataset.zone !== undefined) { tellYours(time, then); continue; }
		const text = time.closest(".log") ? then.toLocaleTimeString() : ago(then);
		if (time.textContent !== text) time.textContent = text;
		time.title ||= exact.format(then);
	}
}

// A time of a schedule stays in the zone of its schedule, with the viewer's beside it.
const yours = new Intl.DateTimeFormat("en-GB", { weekday: "short", hour: "2-digit", minute: "2-digit" });

function tellYours(time, then) {
	if (time.nextElementSibling || time.dataset.zone === yours.resolvedOptions().timeZone) return;
	const span = document.createElement("span");
	span.className = "muted";
	const text = yours.format(then), day = time.textContent.slice(0, 3);
	span.textContent = ` · ${text.startsWith(day) ? text.slice(day.length).replace(/^[ ,]+/, "") : text} for you`;
	time.after(span);
}

// Filters hide rows; the server filters too where there is no script.

function filter(list) {
	const box = document.querySelector(`input[data-filter="${list}"]`);
	const only = document.querySelector(`input[data-only="${list}"]`);
	const rows = document.getElementById(list);
	if (!rows || !box) return;
	const text = box.value.trim().toLowerCase();
	let shown = 0;
	for (const row of rows.children) {
		row.hidden = !row.textContent.toLowerCase().includes(text) || Boolean(only?.checked) && !("trouble" in row.dataset);
		shown += !row.hidden;
	}
	const none = document.getElementById("none-left");
	if (none) none.hidden = shown > 0;
}

const filters = new Set($("[data-filter]").map((box) => box.dataset.filter));
const filterAll = () => filters.forEach(filter);
for (const label of $(".filter-box")) label.hidden = false;
document.addEventListener("input", (event) => {
	const list = event.target.dataset?.filter ?? event.target.dataset?.only;
	if (list) filter(list);
});

// In a form Enter would press its button.
document.addEventListener("keydown", (event) => {
	if (event.key === "Enter" && event.target.dataset?.filter && event.target.form?.method === "post") event.preventDefault();
});

// Choosing: all and none take the rows that are shown, and the number follows.

function countChosen() {
	for (const shown of $("[data-chosen]")) shown.textContent = $("#found input:checked").length.toLocaleString("en");
}
document.addEventListener("change", (event) => { if (event.target.closest("#found")) countChosen(); });
document.addEventListener("click", (event) => {
	const tick = event.target.closest?.("[data-tick]")?.dataset.tick;
	if (!tick) return;
	event.preventDefault();
	for (const row of $("#found > li")) if (!row.hidden) row.querySelector("input").checked = tick === "all";
	countChosen();
});

// Copying.

for (const button of $("[data-copy]")) {
	if (!navigator.clipboard) continue;
	button.hidden = false;
	button.addEventListener("click", async () => {
		await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
		button.textContent = "Copied";
		setTimeout(() => { button.textContent = "Copy"; }, 2000);
	});
}

// An address to copy is whole, with the name that the viewer calls the console by.

for (const at of $("[data-address]")) at.textContent = new URL(at.dataset.address, location.href).href;

// Names while they are typed.

document.addEventListener("input", (event) => {
	const field = event.target;
	if (field.dataset.name !== undefined) {
		for (const shown of $("[data-name-shown]")) shown.textContent = field.value.trim() || "NAME";
	} else if (field.id === "prefix") {
		for (const shown of $("[data-prefix]")) shown.textContent = field.value;
	} else {
		const shown = field.closest("td")?.querySelector("[data-after]");
		if (shown) shown.textContent = field.value;
	}
});

// The mode of all tables is that of each: the form sends both.

document.addEventListener("change", ({ target }) => {
	if (target.name === "sync") for (const mode of $('select[name^="m."]', target.form)) mode.value = target.value;
}, true);

// Nothing moves while a button of the mouse is down: what the person presses would be
// elsewhere when it goes up, and nothing would be pressed.

let still = Promise.resolve(), release = () => {};
addEventListener("pointerdown", () => { still = new Promise((done) => { release = done; }); }, true);
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => setTimeout(release), true);

// A form that is asked about what a person changes: the server saves it and draws the page
// again, and what it tells is put in place.

// A page that the browser kept may show an older version of what is being added.
addEventListener("pageshow", (event) => {
	if (event.persisted && document.querySelector('input[name="v"]')) location.reload();
});

function asking(form) {
	let asked = Promise.resolve(), waiting = 0;

	async function ask() {
		const body = new URLSearchParams(new FormData(form));
		body.set("do", form.dataset.ask);
		const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } });
		if (!answer.ok) return;
		const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
		const version = fresh.querySelector('input[name="v"]');
		await still;
		document.getElementById("failed")?.remove();
		document.getElementById("main").prepend(...$("#failed", fresh)); // why it was not saved
		if (!version) return; // the form on which people sign in, or a draft that is gone
		form.querySelector('input[name="v"]').value = version.value;
		for (const block of $("[data-told]", fresh)) {
			const old = document.getElementById(block.id);
			if (!old || old.outerHTML === block.outerHTML || old.contains(document.activeElement)) continue;
			old.replaceWith(block);
			tellTimes(block);
		}
	}

	form.addEventListener("change", (event) => {
		if (event.target.dataset.filter) return;
		waiting++;
		form.ariaBusy = "true";
		asked = asked.then(() => (--waiting ? undefined : ask())).catch(() => {}).finally(() => { if (!waiting) form.ariaBusy = null; });
	});

	// A button waits for an answer that is on its way: it has the version that the button has
	// to send. A form that is not busy is sent at once; while its submit event is being
	// handled it cannot be sent anew (HTML, form submission).
	form.addEventListener("submit", (event) => {
		if (!form.ariaBusy) return;
		event.preventDefault();
		const button = event.submitter;
		asked.then(() => form.requestSubmit(button));
	});
}
$("form[data-ask]").forEach(asking);

// Colours.

for (const label of $(".theme")) {
	const choice = label.querySelector("select");
	label.hidden = false;
	choice.value = root.dataset.theme ?? "";
	choice.addEventListener("change", () => {
		if (choice.value) root.dataset.theme = choice.value;
		else delete root.dataset.theme;
		try { localStorage.setItem("theme", choice.value); } catch { /* it lasts as long as the page */ }
	});
}

// A menu closes when the person goes on elsewhere.

document.addEventListener("click", (event) => {
	for (const menu of $("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
	if (event.key !== "Escape") return;
	for (const menu of $("details.menu[open]")) {
		menu.open = false;
		menu.querySelector("summary").focus();
	}
});

// Keys that lead somewhere. None changes anything.

let going = false;
document.addEventListener("keydown", (event) => {
	if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
	if (going) {
		going = false;
		const to = { s: 0, r: 1, c: 2, y: 3 }[event.key];
		if (to !== undefined) $(".top nav a")[to]?.click();
	} else if (event.key === "g") {
		going = true;
	} else if (event.key === "/") {
		const box = $('input[type="search"]').find((input) => input.checkVisibility());
		if (box) { event.preventDefault(); box.focus(); }
	}
});

// Live pages: the server draws the page again, and blocks that differ are replaced. A
// block that the person is using stays as it is.

const kept = new Map(); // what the server last said of a block, by id

function remember(within) {
	for (const block of $("[data-live]", within)) kept.set(block.id, block.outerHTML);
}

function inUse(block) {
	const chosen = document.getSelection();
	return block.contains(document.activeElement) || block.querySelector("details[open]") ||
		(chosen && !chosen.isCollapsed && chosen.containsNode(block, true));
}

function put(old, fresh) {
	const html = fresh.outerHTML;
	if (kept.get(fresh.id) === html || inUse(old)) return;
	kept.set(fresh.id, html);
	announce(fresh);
	if (fresh.id === "status") document.getElementById("said")?.remove();
	old.replaceWith(fresh);
	tellTimes(fresh);
}

function putList(old, fresh) {
	const rows = [...fresh.children];
	const wanted = new Set(rows.map((row) => row.id));
	for (const row of [...old.children]) {
		if (!wanted.has(row.id) && !inUse(row)) {
			kept.delete(row.id);
			row.remove();
		}
	}
	let before = null;
	for (const row of rows) {
		const there = document.getElementById(row.id);
		if (there) {
			put(there, row);
		} else {
			kept.set(row.id, row.outerHTML);
			tellTimes(row);
			if (before) before.after(row);
			else old.prepend(row);
		}
		before = document.getElementById(row.id);
	}
}

function announce(block) {
	const text = block.dataset.announce;
	if (text) document.getElementById("announce").textContent = text;
}

async function look() {
	const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
	if (answer.redirected) return undefined; // to the form on which people sign in
	if (!answer.ok) throw new Error(`status ${answer.status}`);
	const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
	for (const block of $("[data-live]", fresh)) {
		if (block.parentElement.closest('[data-live="list"]')) continue;
		const old = document.getElementById(block.id);
		if (!old) continue;
		if (block.dataset.live === "list") putList(old, block);
		else put(old, block);
	}
	filterAll();
	return fresh;
}

function live(state, toggle) {
	let paused = false, looking = false, wanted = false, timer, events;

	const say = (text) => { if (state.textContent !== text) state.textContent = text; };
	const address = () => document.querySelector("[data-events]")?.dataset.events;
	const soon = (wait) => { clearTimeout(timer); timer = setTimeout(refresh, wait); };

	// A look begins at most twice a second, and looks take at most a quarter of the time.
	async function refresh() {
		if (looking) { wanted = true; return; }
		clearTimeout(timer);
		timer = undefined;
		looking = true;
		wanted = false;
		const begun = performance.now();
		let rest = every;
		try {
			const fresh = await look();
			if (!fresh) return finish("Signed out: reload to sign in");
			if (address() && !fresh.querySelector("[data-events]")) return finish();
			say("Live");
			if (events?.readyState === EventSource.OPEN) rest = undefined;
		} catch {
			say("Live updates stopped; trying again");
		} finally {
			looking = false;
		}
		const pause = Math.max(500, 3 * (performance.now() - begun));
		if (paused || document.hidden) return;
		if (wanted) soon(pause);
		else if (rest) soon(Math.max(rest, pause));
	}

	function finish(why = "Ended") {
		document.querySelector("[data-events]")?.removeAttribute("data-events");
		stop();
		toggle.hidden = true;
		say(why);
	}

	// A browser opens six connections to a console. So only the window that has the focus
	// holds a stream of events; the others look every few seconds.
	function listen() {
		if (events || paused || document.hidden || !document.hasFocus() || !address()) return;
		events = new EventSource(address());
		events.addEventListener("run", () => { wanted = true; if (!looking && !timer) soon(500); });
		events.addEventListener("error", () => { if (!timer) soon(every); });
	}

	function deafen() {
		if (!events) return;
		events.close();
		events = undefined;
		if (!looking && !timer) soon(every);
	}

	function start() {
		listen();
		refresh();
	}

	function stop() {
		clearTimeout(timer);
		timer = undefined;
		events?.close();
		events = undefined;
	}

	toggle.hidden = false;
	toggle.addEventListener("click", () => {
		paused = !paused;
		toggle.textContent = paused ? "Resume updates" : "Stop updates";
		if (paused) { stop(); say("Not live"); } else { start(); }
	});
	document.addEventListener("visibilitychange", () => {
		if (document.hidden) stop();
		else if (!paused && !toggle.hidden) start();
	});
	addEventListener("focus", listen);
	addEventListener("blur", deafen);
	addEventListener("pagehide", stop);
	addEventListener("pageshow", (event) => { if (event.persisted && !paused && !toggle.hidden) start(); });
	say("Live");
	if (document.hidden) return;
	if (address()) start();
	else soon(every);
}

// What was just done is told once: going back or a bookmark does not tell it again.
const address = new URL(location.href);
if (address.searchParams.has("said")) {
	address.searchParams.delete("said");
	history.replaceState(null, "", address);
}

// A page that says what is wrong begins there, unless its address names a field.
if (!location.hash) document.getElementById("errors")?.focus();

remember(document);
tellTimes();
filterAll();
setInterval(() => { if (!document.hidden) tellTimes(); }, 10000);
const state = document.getElementById("live-state");
if (state) live(state, document.querySelector("[data-live-toggle]"));
