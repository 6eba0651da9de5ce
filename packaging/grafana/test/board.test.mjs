// The board, held against Grafana's own types by the TypeScript compiler: as near to opening it as one gets without Grafana.
// Not here: its queries, which promtool reads, and where its panels lie (tests/e2e/monitoring/board.rs).

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const board = JSON.parse(readFileSync(here("hb.json"), "utf8"));

/** Kinds of panels, by the module of their types. */
const KINDS = { stat: "Stat", "state-timeline": "StateTimeline", table: "Table", timeseries: "TimeSeries" };
const moduleOf = (name) =>
  `@grafana/schema/dist/esm/raw/composable/${name.toLowerCase()}/panelcfg/x/${name}PanelCfg_types.gen`;

/** What the compiler says of `it` as a board; nothing, if it is one. */
function faults(it) {
  const copy = structuredClone(it);
  // What is Prometheus' own in a query is in no type of Grafana's.
  for (const annotation of copy.annotations.list) {
    delete annotation.titleFormat;
    delete annotation.target?.expr;
    delete annotation.target?.interval;
  }
  const text = [
    'import type { Dashboard } from "@grafana/schema";',
    ...Object.values(KINDS).map((name) => `import type * as ${name} from ${JSON.stringify(moduleOf(name))};`),
    // JSON has the words of an enum, not the enum.
    `type Plain<T> = T extends string ? \`\${T}\` : T extends number | boolean | null | undefined ? T
       : T extends (infer U)[] ? Plain<U>[] : { [K in keyof T]: Plain<T[K]> };`,
    `export const board: Plain<Dashboard> = ${JSON.stringify(copy, null, 1)};`,
    ...copy.panels.filter(({ type }) => type !== "row").flatMap(({ id, type, options, fieldConfig }) => [
      `export const options${id}: Plain<Partial<${KINDS[type]}.Options>> = ${JSON.stringify(options)};`,
      // A number has nothing of its own there.
      type === "stat" ? "" :
        `export const custom${id}: Plain<Partial<${KINDS[type]}.FieldConfig>> = ${JSON.stringify(fieldConfig.defaults.custom ?? {})};`,
    ]),
  ].join("\n");
  const folder = here("node_modules/.board/");
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}board.ts`, text);
  const flags = ["--noEmit", "--strict", "--skipLibCheck", "--module", "esnext", "--moduleResolution", "bundler"];
  const compiler = here("node_modules/typescript/bin/tsc");
  const { stdout } = spawnSync(process.execPath, [compiler, ...flags, "--ignoreConfig", "board.ts"], { cwd: folder, encoding: "utf8" });
  rmSync(folder, { recursive: true });
  return stdout;
}

test("the board is one, by Grafana's types", () => {
  assert.equal(faults(board), "");
});

test("what is none is seen", () => {
  const stat = board.panels.findIndex(({ type }) => type === "stat");
  for (const spoil of [
    (it) => (it.panels[0].gridPos.x = "left"),
    (it) => (it.panels[stat].fieldConfig.defaults.thresholds.mode = "relative"),
    (it) => (it.panels[stat].options.graphMode = "pie"),
    (it) => (it.templating.list[0].type = "list"),
    (it) => (it.titel = it.title),
  ]) {
    const spoilt = structuredClone(board);
    spoil(spoilt);
    assert.match(faults(spoilt), /error TS/, String(spoil));
  }
});
