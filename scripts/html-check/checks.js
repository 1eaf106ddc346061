// What is wrong with the page, a line each. It ends with a promise, so that what the page's own scripts draw is there.
new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))).then(() => {
	const problems = [];
	const all = (selector) => [...document.querySelectorAll(selector)];
	const name = (e) => e.localName + (e.id ? "#" + e.id : "") + (typeof e.className === "string" && e.className ? "." + e.className : "");
	const check = (fine, text) => { if (!fine) problems.push(text); };

	check(document.documentElement.lang, "the page has no language");
	check(document.title, "the page has no title");
	check(all("h1").length === 1, "there is not one h1");
	all("h1,h2,h3,h4,h5,h6").reduce((before, h) => {
		const level = Number(h.localName[1]);
		check(level <= before + 1, "a heading is skipped before " + h.textContent);
		return level;
	}, 0);

	const ids = all("[id]").map((e) => e.id);
	ids.forEach((id, i) => check(ids.indexOf(id) === i, "two elements are called " + id));
	all("a[href]").forEach((a) => {
		const to = a.getAttribute("href");
		check(to.startsWith("#") && document.getElementById(to.slice(1)), "a link leads to " + to);
		check(a.textContent.trim() || a.ariaLabel, "a link has no name");
	});
	all("[role=img],[role=region],[role=group]").forEach((e) => check(e.ariaLabel, name(e) + " has no name"));
	all("button,summary").forEach((e) => check(e.textContent.trim(), name(e) + " has no name"));
	all("select,input").forEach((e) => check(e.labels.length > 0, name(e) + " has no label"));
	all("table:not(.u-legend)").forEach((t) => check(t.caption && t.querySelector("th[scope]"), "a table has no caption or heads"));
	all("*").forEach((e) => {
		const scrolls = ["auto", "scroll"].includes(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth;
		check(!scrolls || e.tabIndex >= 0, name(e) + " scrolls but cannot be reached by the keyboard");
	});

	const wide = document.documentElement.scrollWidth;
	const beyond = all("body *").filter((e) => e.getBoundingClientRect().right > innerWidth && !e.closest(".scroll"));
	check(wide <= innerWidth, "the page is " + wide + " pixels wide on a screen of " + innerWidth + ": " + beyond.slice(0, 3).map(name));

	// Contrast as WCAG defines it: 4.5, or 3 for large text.
	const parse = (text) => {
		const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
		return [r, g, b, a];
	};
	const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
	const light = (c) => {
		const [r, g, b] = c.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const ground = (e) => {
		if (!e) return [255, 255, 255, 1];
		const c = parse(getComputedStyle(e).backgroundColor);
		return c[3] === 1 ? c : over(c, ground(e.parentElement));
	};
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	const seen = new Set();
	while (walker.nextNode()) {
		const e = walker.currentNode.parentElement;
		if (!walker.currentNode.data.trim() || seen.has(e) || !e.checkVisibility() || e.closest(".unseen,script,style,svg")) continue;
		seen.add(e);
		const style = getComputedStyle(e);
		const under = ground(e);
		const [a, b] = [light(over(parse(style.color), under)), light(under)].sort((x, y) => y - x);
		const ratio = (a + 0.05) / (b + 0.05);
		const size = parseFloat(style.fontSize);
		const large = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700;
		check(ratio >= (large ? 3 : 4.5), "contrast " + ratio.toFixed(1) + ": " + name(e) + " " + e.textContent.trim().slice(0, 40));
		check(size >= 11, "text of " + size + " pixels: " + name(e) + " " + e.textContent.trim().slice(0, 40));
	}

	// The charts answer to the keyboard.
	all("#charts [role=group]").forEach((box) => {
		box.focus();
		box.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true, cancelable: true }));
		const values = [...box.querySelectorAll(".u-legend .u-value")].map((v) => v.textContent);
		check(values.some((v) => /\d/.test(v)), "a chart shows no values on an arrow key");
	});
	document.activeElement.blur();
	return problems;
});
