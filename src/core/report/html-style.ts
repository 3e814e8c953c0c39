/** How the HTML report looks: one column that fits a phone, light or dark as the reader's system is. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ink: #1c2128; --dim: #5b6470; --page: #fff; --panel: #f5f6f8; --line: #d8dce2; --link: #0b57a4;
  --good: #146c2e; --bad: #b3261e; --warn: #7d5200;
  --good-back: #e3f4e6; --bad-back: #fbe6e4; --warn-back: #fbf0d6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e4e7eb; --dim: #a0a8b3; --page: #14171b; --panel: #1d2126; --line: #363c45; --link: #82b7ff;
    --good: #7ddb95; --bad: #ff9d94; --warn: #efc06a;
    --good-back: #15301c; --bad-back: #3a1c1a; --warn-back: #352a12;
  }
}

* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 76rem; padding: 1.5rem 1rem 4rem;
  background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif;
}
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
a { color: var(--link); }
p { margin: .25rem 0; }
ul { margin: .25rem 0; padding-left: 1.2rem; }
code, pre, .listing td.text {
  font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .87em; overflow-wrap: anywhere;
}
pre {
  background: var(--panel); border: 1px solid var(--line); border-radius: 4px;
  padding: .6rem; white-space: pre-wrap; margin: .4rem 0;
}

.dim { color: var(--dim); }
.good { color: var(--good); }
.bad { color: var(--bad); }
.warn { color: var(--warn); }
.badge { display: inline-block; padding: 0 .5rem; border-radius: 4px; font-weight: 600; }
.badge.good, tr.hit td.mark { background: var(--good-back); }
.badge.bad, tr.unhit td { background: var(--bad-back); }
.badge.warn, tr.shadowed td.mark, tr.untestable td.mark { background: var(--warn-back); }

table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
th { text-align: left; font-weight: 600; color: var(--dim); }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td.count, th.count { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; }
.bar {
  height: .6rem; min-width: 8rem; border-radius: 3px;
  background: var(--bad-back); border: 1px solid var(--line); overflow: hidden;
}
.bar > div { height: 100%; background: var(--good); }

.listing td { padding: .05rem .5rem; border: 0; }
.listing td.mark { width: 1.6rem; text-align: center; font-weight: 600; }
.listing td.number { color: var(--dim); text-align: right; user-select: none; width: 3rem; }
.listing td.text { white-space: pre-wrap; }
.listing td.explanation { width: 40%; font-size: .87em; color: var(--dim); }

details { border-bottom: 1px solid var(--line); padding: .3rem 0; }
summary { cursor: pointer; }
details[open] { padding-bottom: .8rem; }
details details { border: 0; padding: 0; }
dl { display: grid; grid-template-columns: 6rem 1fr; gap: .1rem .6rem; margin: .4rem 0; }
dt { color: var(--dim); }
dd { margin: 0; overflow-wrap: anywhere; }

@media (max-width: 40rem) {
  .listing td.explanation { display: block; width: auto; }
  dl { grid-template-columns: 1fr; }
}
@media print { details::details-content { content-visibility: visible; } }
`;
