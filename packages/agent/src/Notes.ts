import { type Tool, ToolError } from "@nominal-code/workspace/Tool"
import { Effect, Ref, Schema } from "effect"

/** The notes of a task's model, and the tool that writes them. */
export interface Notes {
  /** Empty until the model wrote something. */
  readonly text: Effect.Effect<string>
  readonly tool: Tool
}

export const toolName = "WriteNotes"

/** Size limit of one task's notes, in bytes. */
const maxBytes = 50_000

/** Bytes of the longest UTF-8 character. With less room than that, a character may not fit. */
const longestCharacter = 4

const Input = Schema.Struct({
  content: Schema.String.annotate({ description: "Markdown: what you found, with path, line and evidence." })
})

const bytesOf = (text: string) => Buffer.byteLength(text, "utf8")

/** Cuts a text to a number of bytes, at the end of a character. */
const cut = (text: string, bytes: number) =>
  Buffer.from(text).subarray(0, bytes).toString("utf8").replace(/\uFFFD+$/, "")

/** Notes in memory, for one task. They survive a compaction of its conversation. */
export const make: Effect.Effect<Notes> = Effect.gen(function*() {
  const written = yield* Ref.make("")

  const append = (content: string) =>
    Ref.modify(written, (before): readonly [Effect.Effect<string, ToolError>, string] => {
      const size = bytesOf(before)
      if (content.trim() === "") return [Effect.fail(new ToolError({ message: "Content must not be empty" })), before]
      if (size > maxBytes - longestCharacter) return [Effect.fail(full), before]
      const entry = `${content.trim()}\n\n`
      const fits = bytesOf(entry) <= maxBytes - size
      const after = before + (fits ? entry : cut(entry, maxBytes - size))
      const said = `Notes saved (${bytesOf(after)} of ${maxBytes} bytes)`
      return [Effect.succeed(fits ? said : `${said}. The end did not fit and was cut off.`), after]
    })

  const run = (input: unknown) =>
    Schema.decodeUnknownEffect(Input)(input).pipe(
      Effect.mapError(({ message }) => new ToolError({ message })),
      Effect.flatMap(({ content }) => Effect.flatten(append(content)))
    )

  return {
    text: Effect.map(Ref.get(written), (text) => text.trim()),
    tool: { name: toolName, description, input: Input, run }
  }
})

const full = new ToolError({
  message: `The notes are full (${maxBytes} bytes). Nothing was written; submit what you have.`
})

const description = "Append to your notes. They are kept when older messages are dropped, and when the turns run out."
