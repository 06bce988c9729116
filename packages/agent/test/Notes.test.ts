import { assert, it } from "@effect/vitest"
import * as Notes from "@nominal-code/agent/Notes"
import { Effect } from "effect"

const written = (...contents: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    const notes = yield* Notes.make
    const said = yield* Effect.forEach(contents, (content) =>
      notes.tool.run({ content }).pipe(Effect.catch(({ message }) => Effect.succeed(`error: ${message}`))))
    return { said, text: yield* notes.text }
  })

it.effect("are empty until the model writes some", () =>
  Effect.gen(function*() {
    assert.strictEqual((yield* written()).text, "")
  }))

it.effect("append, with a blank line between entries, and tell the size", () =>
  Effect.gen(function*() {
    const { said, text } = yield* written("## Callers\n", "ü")
    assert.strictEqual(text, "## Callers\n\nü")
    assert.deepStrictEqual(said, ["Notes saved (12 of 50000 bytes)", "Notes saved (16 of 50000 bytes)"])
  }))

it.effect("refuse nothing, blanks and the wrong shape", () =>
  Effect.gen(function*() {
    const { said, text } = yield* written("", " \n", 7)
    assert.deepStrictEqual(said.slice(0, 2), Array(2).fill("error: Content must not be empty"))
    assert.match(said[2] ?? "", /^error: .*content/s)
    assert.strictEqual(text, "")
  }))

it.effect("hold 50,000 bytes and no more, without half a character at the end", () =>
  Effect.gen(function*() {
    const { said, text } = yield* written("a".repeat(49_990), "€".repeat(10), "more")
    assert.match(said[1] ?? "", /did not fit/)
    assert.match(said[2] ?? "", /^error: The notes are full/)
    assert.isAtMost(Buffer.byteLength(text), 50_000)
    assert.match(text, /a\n\n€€$/)
  }))

it.effect("exactly at the limit take no more", () =>
  Effect.gen(function*() {
    const { said } = yield* written("a".repeat(49_998), "b")
    assert.deepStrictEqual(said[0], "Notes saved (50000 of 50000 bytes)")
    assert.match(said[1] ?? "", /full/)
  }))
