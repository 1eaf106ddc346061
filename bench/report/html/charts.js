"use strict";
// Draws the series that the page carries so that they can be looked at closely: values by pointer, touch or arrow keys, zoom by dragging.
(() => {
	const charts = JSON.parse(document.getElementById("series").textContent);
	const host = document.getElementById("charts");
	const dark = matchMedia("(prefers-color-scheme: dark)");
	const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
	const dashes = [[], [10, 4], [2, 3], [14, 3, 2, 3], [6, 2]]; // tell curves of one mode, which share its colour, apart
	const few = 40; // samples that are shown one by one

	// A count of nines as the percentile that people know.
	const percentile = (nines) => {
		const share = 100 * (1 - Math.pow(10, -nines));
		return String(Number(share.toPrecision(Math.max(2, Math.ceil(nines) + 1))));
	};
	const ticks = [0, Math.log10(2), 1, 2, 3, 4, 5, 6];
	const decades = (_, splits) => splits.map((v) => Number.isInteger(Math.log10(v)) ? v : null);
	const figure = (v) => v == null ? "–" : String(Number(v.toPrecision(4)));

	// draw makes a chart in a box and returns a function that removes it.
	const draw = (box, chart) => {
		const axis = (more) => ({ stroke: color("--muted"), grid: { stroke: color("--line"), width: 1 }, ticks: { stroke: color("--line"), width: 1 }, ...more });
		const alike = (i) => chart.curves.slice(0, i).filter((c) => c.mode === chart.curves[i].mode).length;
		const series = chart.curves.map((c, i) => ({
			label: c.name,
			stroke: color("--s" + (c.mode + 1)),
			dash: dashes[alike(i) % dashes.length],
			width: 2,
			spanGaps: true,
			points: { show: !chart.nines && c.x.length < few, size: 6, fill: color("--s" + (c.mode + 1)) },
			value: (_, v) => figure(v),
		}));
		const plot = new uPlot({
			width: box.clientWidth,
			height: Math.max(260, Math.min(420, box.clientWidth * 0.55)),
			scales: { x: { time: false }, y: chart.log ? { distr: 3 } : { range: (_, lo, hi) => [Math.min(0, lo), hi > 0 ? hi * 1.05 : 1] } },
			axes: [
				axis({
					label: chart.nines ? "percentile" : "seconds from the window's start",
					labelSize: 22,
					...(chart.nines ? { splits: (_, __, lo, hi) => ticks.filter((t) => t >= lo && t <= hi), values: (_, splits) => splits.map(percentile) } : {}),
				}),
				axis({
					label: chart.unit,
					labelSize: 22,
					size: 64,
					...(chart.log ? { grid: { stroke: color("--line"), width: 1, filter: decades }, ticks: { stroke: color("--line"), width: 1, filter: decades } } : {}), values: (_, splits) => splits.map((v) => v == null ? null : v.toLocaleString("en")),
				}),
			],
			series: [{ label: chart.nines ? "percentile" : "second", value: (_, v) => v == null ? "–" : chart.nines ? percentile(v) : figure(v) }, ...series],
		}, uPlot.join(chart.curves.map((c) => [c.x, c.y])), box);

		box.querySelectorAll(".u-legend .u-series").forEach((row, i) => {
			const name = row.querySelector("th");
			if (i === 0 || !name) return;
			name.tabIndex = 0;
			name.setAttribute("role", "button");
			name.setAttribute("aria-pressed", "true");
			name.addEventListener("click", () => name.setAttribute("aria-pressed", String(plot.series[i].show)));
			name.addEventListener("keydown", (e) => {
				if (e.key !== "Enter" && e.key !== " ") return;
				e.preventDefault();
				name.click();
			});
		});
		const move = (e) => {
			const step = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
			if (!step || e.target !== box) return;
			e.preventDefault();
			const last = plot.data[0].length - 1;
			const at = Math.max(0, Math.min(last, (plot.cursor.idx ?? (step > 0 ? -1 : last + 1)) + step));
			plot.setCursor({ left: plot.valToPos(plot.data[0][at], "x"), top: plot.bbox.height / devicePixelRatio / 2 });
		};
		box.addEventListener("keydown", move);
		let width = box.clientWidth;
		const watch = new ResizeObserver(() => {
			if (box.clientWidth === width) return;
			width = box.clientWidth;
			plot.setSize({ width, height: plot.height });
		});
		watch.observe(box);
		return { plot, remove: () => { watch.disconnect(); box.removeEventListener("keydown", move); plot.destroy(); } };
	};

	// panel shows one of several charts, which a menu chooses where there is a choice.
	const panel = (title, choices) => {
		if (choices.length === 0) return;
		const root = document.createElement("div");
		root.className = "chart";
		const heading = document.createElement("h3");
		heading.textContent = title;
		const bar = document.createElement("div");
		bar.className = "bar";
		const box = document.createElement("div");
		box.tabIndex = 0;
		box.setAttribute("role", "group");
		root.append(heading, bar, box);
		host.append(root);
		let shown, chart = choices[0];
		const show = () => {
			shown?.remove();
			box.setAttribute("aria-label", chart.title + ": chart; the arrow keys move along it");
			shown = draw(box, chart);
		};
		if (choices.length > 1) {
			const label = document.createElement("label");
			const menu = document.createElement("select");
			label.append("Show ", menu);
			choices.forEach((c, i) => menu.append(new Option(c.title + (c.unit ? ", " + c.unit : ""), i)));
			menu.addEventListener("change", () => { chart = choices[menu.value]; show(); });
			bar.append(label);
		}
		const whole = document.createElement("button");
		whole.type = "button";
		whole.textContent = "Zoom out";
		whole.addEventListener("click", () => shown.plot.setData(shown.plot.data));
		bar.append(whole);
		show();
		dark.addEventListener("change", show);
	};

	host.hidden = false;
	panel("Percentiles of the end-to-end latency", charts.filter((c) => c.nines));
	panel("Over time", charts.filter((c) => !c.nines));
})();
