"use strict";
/* Under the pointer: a cursor in every plot that shares the x axis, and the value of each line. */
(() => {
  const numbers = (text) => text.split(" ").map(Number);
  const plots = [...document.querySelectorAll(".plot > svg, .strip .wide > svg")].map((svg) => {
    const [x0, x1] = numbers(svg.dataset.x), [y0, y1] = numbers(svg.dataset.y);
    const [left, right, top, bottom] = numbers(svg.dataset.box);
    const lines = [...svg.querySelectorAll(".line")].map((path) => {
      const strokes = [];
      for (const step of path.getAttribute("d").matchAll(/([ML])([-\d.]+) ([-\d.]+)/g)) {
        if (step[1] === "M") strokes.push([]);
        strokes[strokes.length - 1].push([+step[2], +step[3]]);
      }
      return strokes;
    });
    return {
      svg, x0, x1, y0, y1, left, right, top, bottom, lines,
      scale: +svg.dataset.scale, decimals: +svg.dataset.decimals, time: svg.dataset.time === "1",
      cursor: svg.querySelector(".cursor"), cells: [...svg.parentNode.querySelectorAll("td.now")],
      head: svg.parentNode.querySelector("th.now"),
    };
  });
  const near = (strokes, px) => {
    let best = null;
    for (const stroke of strokes) {
      if (px < stroke[0][0] - 2 || px > stroke[stroke.length - 1][0] + 2) continue;
      let low = 0, high = stroke.length - 1;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (stroke[middle][0] <= px) low = middle; else high = middle;
      }
      best = Math.abs(stroke[low][0] - px) <= Math.abs(stroke[high][0] - px) ? stroke[low] : stroke[high];
    }
    return best;
  };
  const grouped = (text) => {
    const [whole, fraction] = text.replace("-", "\u2212").split(".");
    const spaced = whole.replace("\u2212", "").length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") : whole;
    return fraction ? spaced + "." + fraction : spaced;
  };
  const clock = (s) => {
    const minutes = Math.round(s / 60), rest = ((minutes % 1440) + 1440) % 1440;
    const two = (n) => String(n).padStart(2, "0");
    return `${Math.floor(minutes / 1440)} d ${two(Math.floor(rest / 60))}:${two(rest % 60)}`;
  };
  const show = (plot, x) => {
    const inside = x >= plot.x0 && x <= plot.x1;
    plot.cursor.style.visibility = inside ? "visible" : "hidden";
    const px = plot.left + (x - plot.x0) / (plot.x1 - plot.x0) * (plot.right - plot.left);
    if (inside) { plot.cursor.setAttribute("x1", px); plot.cursor.setAttribute("x2", px); }
    if (plot.head) plot.head.textContent = inside ? (plot.time ? clock(x) : "x = " + Number(x.toPrecision(4))) : "";
    plot.cells.forEach((cell, index) => {
      const point = inside && near(plot.lines[index], px);
      if (!point) { cell.textContent = ""; return; }
      const y = plot.y0 + (plot.bottom - point[1]) / (plot.bottom - plot.top) * (plot.y1 - plot.y0);
      cell.textContent = grouped((y * plot.scale).toFixed(Math.max(0, plot.decimals - 1)));
    });
  };
  const hide = () => plots.forEach((plot) => show(plot, NaN));
  plots.forEach((plot) => {
    plot.svg.addEventListener("pointermove", (event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(plot.svg.getScreenCTM().inverse());
      const x = plot.x0 + (at.x - plot.left) / (plot.right - plot.left) * (plot.x1 - plot.x0);
      plots.forEach((other) => show(other, other === plot || (other.time && plot.time) ? x : NaN));
    });
    plot.svg.addEventListener("pointerleave", hide);
  });
})();
