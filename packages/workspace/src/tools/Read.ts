import { Effect, FileSystem, Schema, Stream } from "effect"
import { TextDecoder } from "node:util"
import { make as makeTool, type Tool, ToolError } from "../Tool.ts"
import type { ToolContext } from "./Reading.ts"
import * as Spelling from "./Spelling.ts"

const DEFAULT_LIMIT = 2000
const MAX_LINE = 2000
/** Limit of one answer: more than that of the other tools, so that an ordinary source file fits. */
const MAX_ANSWER = 100_000
/** Limit of the text that is searched for the lines. */
const MAX_SCANNED_BYTES = 64 * 1024 * 1024

const Line = Schema.Int.check(Schema.isGreaterThan(0))

const Input = Schema.Struct({
  file_path: Schema.NonEmptyString.annotate({ description: "The file, relative to the repository's root." }),
  offset: Schema.optionalKey(Line.annotate({ description: "The first line to read, counted from 1. Default: 1." })),
  limit: Schema.optionalKey(Line.annotate({ description: `How many lines to read. Default: ${DEFAULT_LIMIT}.` }))
})

/** Takes a file's text in pieces and keeps the numbered lines that were asked for, never more than one line besides. */
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

/** By its byte order mark, or none for a file with NUL bytes: a picture, an archive, a program. */
const decoderFor = (head: Uint8Array): TextDecoder | undefined => {
  if (head[0] === 0xff && head[1] === 0xfe) return new TextDecoder("utf-16le")
  if (head[0] === 0xfe && head[1] === 0xff) return new TextDecoder("utf-16be")
  return head.subarray(0, 8000).includes(0) ? undefined : new TextDecoder("utf-8")
}

const read = Effect.fnUntraced(function*(reading: ToolContext, input: typeof Input.Type) {
  const fs = yield* FileSystem.FileSystem
  const file = yield* Spelling.real(reading, "file_path", input.file_path, "File")
  const offset = input.offset ?? 1
  const window = new LineWindow(offset, input.limit ?? DEFAULT_LIMIT)
  let decoder: TextDecoder | undefined
  let scanned = 0
  let binary = false
  yield* fs.stream(file.absolute, { chunkSize: 64 * 1024 }).pipe(
    Stream.runForEachWhile((chunk) =>
      Effect.sync(() => {
        if (scanned === 0) decoder = decoderFor(chunk)
        binary = decoder === undefined
        scanned += chunk.length
        if (decoder !== undefined) window.push(decoder.decode(chunk, { stream: true }))
        return !binary && !window.full && scanned < MAX_SCANNED_BYTES
      })
    ),
    Effect.mapError(() => new ToolError({ message: `File could not be read: ${input.file_path}` }))
  )
  if (binary) {
    return yield* new ToolError({
      message: `file_path: ${input.file_path} is a binary file, which has no lines to read.`
    })
  }
  if (!window.full && decoder !== undefined) window.push(decoder.decode())
  const stopped = window.full ? "answer" : scanned >= MAX_SCANNED_BYTES ? "scan" : undefined
  const { lines, next, text } = window.end()
  if (scanned === 0) return "(the file is empty)"
  if (text === "" && stopped === undefined) {
    return `(the file has ${lines} lines: line ${offset} is beyond its end)`
  }
  const asked = input.limit ?? DEFAULT_LIMIT
  if (stopped === "scan") {
    return `${text}\n...(truncated: only the first ${MAX_SCANNED_BYTES / 1024 / 1024} MiB of a file are read)`
  }
  return stopped === "answer" && next - offset < asked ? `${text}\n...(truncated: go on with offset ${next})` : text
})

/** Reads a part of a file, with its lines numbered. */
export const make = (reading: ToolContext): Tool =>
  makeTool({
    name: "Read",
    description: "Read a text file of the reviewed commit. Lines are numbered as in the diff's new side: " +
      `number, tab, text. Lines longer than ${MAX_LINE} characters are cut.`,
    input: Input,
    run: (input) => Effect.provide(read(reading, input), reading.services)
  })
