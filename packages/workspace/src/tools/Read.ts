import { Effect, Option, Schema } from "effect"
import { TextDecoder } from "node:util"
import { make as makeTool, type Tool, ToolError } from "../Tool.ts"
import type { ToolContext } from "./Reading.ts"
import * as Spelling from "./Spelling.ts"

const DEFAULT_LIMIT = 2000
const MAX_LINE = 2000
/** Limit of one answer: more than that of the other tools, so that an ordinary source file fits. */
const MAX_ANSWER = 100_000
/** Maximum size of a file that is read. */
const MAX_FILE_BYTES = 20 * 1024 * 1024

const Line = Schema.Int.check(Schema.isGreaterThan(0))

const Input = Schema.Struct({
  file_path: Schema.NonEmptyString.annotate({ description: "The file, relative to the repository's root." }),
  offset: Schema.optionalKey(Line.annotate({ description: "The first line. Default: 1." })),
  limit: Schema.optionalKey(Line.annotate({ description: `Default: ${DEFAULT_LIMIT}.` }))
})

/** Keeps the numbered lines of a file's text that were asked for. */
class LineWindow {
  private readonly kept: Array<string> = []
  private size = 0
  private number = 1
  private line = ""
  private pending = false
  full = false
  private readonly first: number
  private readonly last: number

  constructor(first: number, count: number) {
    this.first = first
    this.last = first + count - 1
  }

  push(text: string): void {
    let start = 0
    while (!this.full && start < text.length) {
      const end = text.indexOf("\n", start)
      if (this.number < this.first && end !== -1) {
        this.number++
        start = end + 1
        continue
      }
      this.extend(text.slice(start, end === -1 ? text.length : end))
      if (end === -1) return
      this.close()
      start = end + 1
    }
  }

  /** Ends the text, whose last line may have no line break. Returns the window's text, and the number of lines that were read. */
  end(): { readonly text: string; readonly lines: number; readonly next: number } {
    if (this.pending && !this.full) this.close()
    return { text: this.kept.join("\n"), lines: this.number - 1, next: this.first + this.kept.length }
  }

  private extend(text: string): void {
    this.pending = true
    if (this.number >= this.first && this.line.length <= MAX_LINE) this.line += text.slice(0, MAX_LINE + 1)
  }

  private close(): void {
    if (this.number >= this.first) {
      const text = this.line.length > MAX_LINE ? `${this.line.slice(0, MAX_LINE)}...` : this.line.replace(/\r$/, "")
      const numbered = `${String(this.number).padStart(6)}\t${text}`
      this.size += numbered.length + 1
      if (this.size > MAX_ANSWER) {
        this.full = true
        return
      }
      this.kept.push(numbered)
    }
    this.line = ""
    this.pending = false
    if (this.number === this.last) this.full = true
    this.number++
  }
}

/** Decoder of a text by its byte order mark; none for a file with NUL bytes: a picture, an archive, a program. */
const decoderFor = (head: Uint8Array): TextDecoder | undefined => {
  if (head[0] === 0xff && head[1] === 0xfe) return new TextDecoder("utf-16le")
  if (head[0] === 0xfe && head[1] === 0xff) return new TextDecoder("utf-16be")
  return head.subarray(0, 8000).includes(0) ? undefined : new TextDecoder("utf-8")
}

const contentOf = Effect.fnUntraced(function*({ objects }: ToolContext, id: string, path: string) {
  const bytes = yield* Effect.catch(objects.contents(id, MAX_FILE_BYTES), ({ reason }) =>
    new ToolError({
      message: reason === "too-large"
        ? `file_path: ${path} is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB, and is not read.`
        : `File could not be read: ${path}`
    }))
  return Option.getOrElse(bytes, () => new Uint8Array())
})

const read = Effect.fnUntraced(function*(reading: ToolContext, input: typeof Input.Type) {
  const file = yield* Spelling.locate(reading, "file_path", input.file_path, "File")
  const bytes = yield* contentOf(reading, file.id, input.file_path)
  if (bytes.length === 0) return "(the file is empty)"
  const decoder = decoderFor(bytes)
  if (decoder === undefined) {
    return yield* new ToolError({
      message: `file_path: ${input.file_path} is a binary file, which has no lines to read.`
    })
  }
  const { limit = DEFAULT_LIMIT, offset = 1 } = input
  const window = new LineWindow(offset, limit)
  window.push(decoder.decode(bytes))
  const { lines, next, text } = window.end()
  if (text === "" && !window.full) return `(the file has ${lines} lines: line ${offset} is beyond its end)`
  return window.full && next - offset < limit ? `${text}\n...(truncated: go on with offset ${next})` : text
})

/** Reads a part of a file, with its lines numbered. */
export const make = (reading: ToolContext): Tool =>
  makeTool({
    name: "Read",
    description: "Read a text file, its lines numbered as on the diff's new side. " +
      `Lines over ${MAX_LINE} characters are cut.`,
    input: Input,
    run: (input) => Effect.provide(read(reading, input), reading.services)
  })
