import { assert, describe, it } from "@effect/vitest"
import { Finding } from "@nominal-code/domain/review/Finding"
import * as Syntax from "@nominal-code/workspace/syntax/Syntax"
import { Effect } from "effect"
import { anchor } from "../src/judgement/Anchor.ts"
import * as Scene from "./Scene.ts"

/** In each of the twelve languages: a file, a suggestion for its second line, and one that breaks it. */
const languages: Readonly<Record<string, readonly [file: string, good: string, broken: string]>> = {
  "a.c": ["int total(int n) {\n  return n;\n}", "  return n * 2;", "  return n * (2;"],
  "a.cpp": ["auto total(int n) {\n  return n;\n}", "  return std::max(n, 2);", "  return std::max(n, 2;"],
  "a.cs": ["class A { int Total(int n) {\n  return n;\n} }", "  return n ?? 2;", "  return Math.Max(n, ;"],
  "a.go": [
    "package a\nfunc total(n int) int { return n }",
    "func total(n int) int64 { return n }",
    "func total(n int { return n }"
  ],
  "a.java": ["class A { int total(int n) {\n  return n;\n} }", "  return Math.max(n, 2);", "  return Math.max(n 2);"],
  "a.js": ["const total = (n) => {\n  return n\n}", "  return n ?? 2", "  return n ?? ]"],
  "a.kt": ["fun total(n: Int): Int {\n  return n\n}", "  return n ?: 2", "  return (n ?: 2"],
  "a.php": ["<?php function total($n) {\n  return $n;\n}", "  return $n ?? 2;", "  return $n ?? 2 2;"],
  "a.py": ["def total(n):\n    return n\n", "    return n or 2", "    return (n or"],
  "a.rb": ["def total(n)\n  n\nend", "  n || 2", "  n || ]"],
  "a.rs": ["fn total(n: u64) -> u64 {\n  n\n}", "  n.max(2)", "  n.max(2"],
  "a.ts": ["const total = (n: number) => {\n  return n\n}", "  return n as Total", "  return n as"],
  "a.tsx": ["const view = (n: number) => (\n  <b>{n}</b>\n)", "  <i>{n}</i>", "  <i>{n</i>"]
}

const suggestedBy = (syntax: Syntax.Syntax, path: string, file: string, suggestion: string) =>
  Effect.gen(function*() {
    const old = file.split("\n")[1] ?? ""
    const world = Scene.world({ headFiles: { [path]: file } })
    const checkout = { ...Scene.checkoutOf(world, Scene.headSha), syntax }
    const finding = new Finding({
      path: Scene.path(path),
      line: 2,
      side: "RIGHT",
      body: "The total is wrong.",
      severity: "high",
      confidence: "high",
      category: "bug",
      suggestion
    })
    const files = [Scene.file(path, `@@ -2,1 +2,1 @@\n-\n+${old}`)]
    const { inline } = yield* anchor([finding], { files, checkout, raised: [] })
    return inline.map(({ finding }) => finding.suggestion)
  })

const suggested = (path: string, file: string, suggestion: string) =>
  Effect.scoped(Effect.flatMap(Syntax.make(), (syntax) => suggestedBy(syntax, path, file, suggestion)))

describe("a suggestion in a language with a parser", () => {
  it.effect("is offered only where the file still parses with it", () =>
    Effect.gen(function*() {
      const syntax = yield* Syntax.make()
      for (const [path, [file, good, broken]] of Object.entries(languages)) {
        assert.deepStrictEqual(yield* suggestedBy(syntax, path, file, good), [good], path)
        assert.deepStrictEqual(yield* suggestedBy(syntax, path, file, broken), [undefined], path)
      }
    }).pipe(Effect.scoped))

  it.effect("may hold both sides of a conflict in a string, and not as code", () =>
    Effect.gen(function*() {
      const both = "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> topic"
      const inString = `const text = \`\n${both}\n\``
      assert.deepStrictEqual(yield* suggested("a.ts", "const a = 1\nconst b = 2\n", inString), [inString])
      assert.deepStrictEqual(yield* suggested("a.ts", "const a = 1\nconst b = 2\n", both), [undefined])
    }))

  it.effect("is offered in a file that did not parse before, and did no worse after", () =>
    Effect.gen(function*() {
      const file = "const a = (1\nconst b = 2\n"
      assert.deepStrictEqual(yield* suggested("a.ts", file, "const b = 3"), ["const b = 3"])
    }))
})
