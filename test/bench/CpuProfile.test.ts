import { assert, it } from "@effect/vitest"
import { packageOf, report } from "./CpuProfile.ts"

const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 4 })

it("a profile's time is added up by package and by function, without the time in which nothing runs", () => {
  const profile = {
    nodes: [
      { id: 1, callFrame: frame("(idle)", "") },
      { id: 2, callFrame: frame("parse", "file:///app/node_modules/effect/dist/Schema.js") },
      { id: 3, callFrame: frame("decide", "file:///app/packages/server/src/Decision.ts") }
    ],
    samples: [1, 2, 3, 2],
    timeDeltas: [50_000, 3000, 1000, 4000]
  }
  assert.deepStrictEqual(report(profile, 9), [
    "by package",
    "       7 ms  87.5 %  effect",
    "       1 ms  12.5 %  ours: server",
    "by function",
    "       7 ms  87.5 %  parse  effect:5",
    "       1 ms  12.5 %  decide  ours: server:5"
  ])
})

it("a script belongs to the innermost package that it is installed in, to one of ours, or to Node", () => {
  assert.strictEqual(packageOf("file:///a/node_modules/x/node_modules/@scope/name/b.js"), "@scope/name")
  assert.strictEqual(packageOf("file:///a/packages/jobs/src/lane/Lane.ts"), "ours: jobs")
  assert.strictEqual(packageOf("node:internal/url"), "(node)")
  assert.strictEqual(packageOf(""), "(native)")
  assert.strictEqual(packageOf("file:///a/lib/main.js"), "main.js")
})
