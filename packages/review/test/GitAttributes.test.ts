import { assert, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { statedKinds } from "../src/context/GitAttributes.ts"

const kindsFor = (files: Readonly<Record<string, string>>, paths: ReadonlyArray<string>) =>
  Effect.map(
    statedKinds({ baseFile: (path) => Effect.succeed(Option.fromUndefinedOr(files[path])) }, paths),
    (kindOf) => paths.map(kindOf)
  )

it.effect("a deeper file and a later line win", () =>
  Effect.gen(function*() {
    const files = {
      ".gitattributes": "*.js linguist-generated\nlib/* linguist-vendored\na.js -linguist-generated\n",
      "src/.gitattributes": "*.js linguist-generated=false\n"
    }
    assert.deepStrictEqual(
      yield* kindsFor(files, ["b.js", "a.js", "lib/x.ts", "src/b.js", "c.ts"]),
      ["generated", "written", "vendored", "written", undefined]
    )
  }))

it.effect("rules beyond a hundred, and files beyond what takes a moment to match, state nothing", () =>
  Effect.gen(function*() {
    const rule = "*.ts linguist-generated\n"
    const paths = Array.from({ length: 3_000 }, (_, at) => `src/file${at}.ts`)
    const kinds = yield* kindsFor({ ".gitattributes": rule.repeat(500) }, paths)
    assert.strictEqual(kinds.filter((kind) => kind === "generated").length, 300)
    const late = `${"*.css linguist-generated\n".repeat(100)}${rule}`
    assert.deepStrictEqual(yield* kindsFor({ ".gitattributes": late }, ["a.ts", "a.css"]), [undefined, "generated"])
  }))
