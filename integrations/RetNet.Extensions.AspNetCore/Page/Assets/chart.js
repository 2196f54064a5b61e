// Line charts in SVG.

const namespace = "http://www.w3.org/2000/svg";
const top = 16;
const bottom = 16;
const side = 1;
const mostPoints = 400;

/**
 * Draws lines over a common axis from 0, with the largest values at the axes.
 * @param svg the element, whose viewBox gives the size
 * @param x the places of the points, ascending
 * @param lines {values, kind, fill}: one value for each place; the kind is a class of the style sheet
 * @param labels {x, y}: texts of the largest place and value
 */
export function draw(svg, x, lines, labels) {
  const { width, height } = svg.viewBox.baseVal;
  const base = height - (labels.x ? bottom : 4);
  const right = Math.max(x.at(-1) ?? 1, 1);
  const most = Math.max(1e-9, ...lines.flatMap(line => line.values)) * 1.08;
  const toX = value => side + (width - 2 * side) * value / right;
  const toY = value => base - (base - top) * value / most;
  const step = Math.max(1, Math.ceil(x.length / mostPoints));
  const kept = x.map((_, index) => index).filter(index => index % step === 0 || index === x.length - 1);

  const parts = [element("line", { class: "axis", x1: 0, x2: width, y1: base, y2: base })];
  for (const { values, kind, fill } of lines) {
    if (values.length === 0) continue;
    const points = kept.map(index => `${toX(x[index]).toFixed(1)} ${toY(values[index]).toFixed(1)}`);
    if (fill) {
      const area = `M${toX(x[0]).toFixed(1)} ${base}L${points.join("L")}L${toX(x.at(-1)).toFixed(1)} ${base}Z`;
      parts.push(element("path", { class: `area ${kind}`, d: area }));
    }
    parts.push(element("path", { class: `line ${kind}`, d: `M${points.join("L")}` }));
    parts.push(element("circle", { class: `end ${kind}`, cx: toX(x.at(-1)), cy: toY(values.at(-1)), r: 3 }));
  }
  if (labels.y) parts.push(text(labels.y, 0, 10, "start"));
  if (labels.x) parts.push(text("0", 0, height - 2, "start"), text(labels.x, width, height - 2, "end"));
  svg.replaceChildren(...parts);
}

function text(content, x, y, anchor) {
  const node = element("text", { x, y, "text-anchor": anchor });
  node.textContent = content;
  return node;
}

function element(name, attributes) {
  const node = document.createElementNS(namespace, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}
