/** The style of pages, as one text. */

/** Pictures scroll sideways rather than shrink below this width; a class for each hundred pixels. */
const leastWidths = Array.from({ length: 20 }, (_, i) => `svg.w${i + 1} { min-width: ${i + 1}00px; }`).join(
  "\n"
)

/** The style of a page: light or dark as the reader's system is, readable from 400 pixels on, and on paper. */
export const style = `
:root { color-scheme: light dark;
  --ground: #ffffff; --raised: #f6f7f8; --ink: #1d2125; --muted: #5b636b; --line: #d9dde1; --grid: #e8e8e8;
  --link: #0b5cad; --good: #1a6e3c; --bad: #a8261c; --warn: #7a5200; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #15181c; --raised: #1f2429; --ink: #e6e8ea; --muted: #a3abb3; --line: #3a4149; --grid: #32383f;
  --link: #7db7f0; --good: #6fd096; --bad: #ff8f84; --warn: #f0c063; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main, header, nav, footer { max-width: 76rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1.5rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .4rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.4rem 0 .6rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.6rem 0 .3rem; overflow-wrap: anywhere; }
p { margin: .4rem 0; max-width: 48rem; }
a { color: var(--link); }
a:focus-visible, button:focus-visible, summary:focus-visible, .scroll:focus-visible {
  outline: 2px solid var(--link); outline-offset: 2px; }
code, .mono { font: .88em/1.4 ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  overflow-wrap: anywhere; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; margin: .8rem 0 0; }
.muted { color: var(--muted); } .small { font-size: .88rem; }
.state { font-weight: 600; } .state::before { content: "\\25CF\\A0"; }
.ok, .executed { color: var(--good); } .failed { color: var(--bad); }
.skipped, .interrupted, .incomplete { color: var(--warn); } .cached, .running { color: var(--muted); }
.notice { border-left: 4px solid var(--warn); background: var(--raised); padding: .5rem .8rem; margin: .6rem 0; max-width: 60rem; }
.notice.failed { border-color: var(--bad); color: inherit; }
.skip { position: absolute; left: -100rem; } .skip:focus { left: 1rem; top: .5rem; }
figure { margin: 1rem 0 1.8rem; }
figcaption { font-weight: 600; margin-bottom: .2rem; }
.scroll { overflow-x: auto; max-width: 100%; }
.scroll > svg { display: block; max-width: 100%; height: auto; }
${leastWidths}
table { border-collapse: collapse; font-size: .88rem; margin: .5rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .22rem .6rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; }
th { background: var(--raised); white-space: nowrap; }
td.number, th.number { text-align: right; white-space: nowrap; }
td { white-space: nowrap; } td.wide { white-space: normal; min-width: 15rem; max-width: 34rem; overflow-wrap: anywhere; }
th button { all: unset; cursor: pointer; } th button:focus-visible { outline: 2px solid var(--link); }
th button::after { content: " \\2195"; color: var(--muted); }
th[aria-sort=ascending] button::after { content: " \\2191"; color: inherit; }
th[aria-sort=descending] button::after { content: " \\2193"; color: inherit; }
details { margin: .4rem 0; } summary { cursor: pointer; }
details.node { border: 1px solid var(--line); border-radius: 4px; padding: .3rem .7rem; }
details.node:target { border-color: var(--link); }
dl { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: .1rem 1rem; margin: .5rem 0; font-size: .88rem; }
dt { color: var(--muted); overflow-wrap: anywhere; } dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
footer { margin-top: 3rem; padding-bottom: 2rem; color: var(--muted); font-size: .88rem; }
svg [fill="#2b2b2b"] { fill: var(--ink); } svg [stroke="#2b2b2b"] { stroke: var(--ink); }
svg [fill="#6b6b6b"] { fill: var(--muted); } svg [stroke="#6b6b6b"] { stroke: var(--muted); }
svg [stroke="#e8e8e8"] { stroke: var(--grid); }
svg .ok, svg .executed { fill: var(--good); } svg .failed { fill: var(--bad); }
svg .skipped { fill: var(--warn); } svg .cached { fill: var(--muted); }
svg .box { fill: var(--raised); stroke: var(--line); } svg .edge { fill: none; stroke: var(--muted); }
@media (prefers-color-scheme: dark) { svg [fill="#0072b2"] { fill: #3aa0dd; } svg [stroke="#0072b2"] { stroke: #3aa0dd; } }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; } h1 { font-size: 1.3rem; } }
@media print { :root { --ground: #fff; --raised: #f6f7f8; --ink: #000; --muted: #444; --line: #bbb; --grid: #e8e8e8; --link: #000;
    --good: #1a6e3c; --bad: #a8261c; --warn: #7a5200; }
  nav, .skip, th button::after { display: none; } body { font-size: 10pt; } main, header { max-width: none; padding: 0; }
  figure, tr, details { break-inside: avoid; } h2, h3, figcaption { break-after: avoid; }
  .scroll { overflow: visible; } .scroll > svg[class] { min-width: 0; } }
`.trim()
