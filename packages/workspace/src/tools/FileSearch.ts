/** Searches the lines of the reviewed commit's files, which ripgrep reads as one text: no file is written. */
import { Effect, Stream } from "effect"
import { GitError } from "../Git.ts"
import { isFile, type ListedFile, type ObjectReader } from "../ObjectReader.ts"
import { decode } from "../Objects.ts"
import { ToolError } from "../Tool.ts"
import type { ToolContext } from "./Reading.ts"
import * as Ripgrep from "./Ripgrep.ts"

/** Limits of one read. */
const BATCH_FILES = 1024
const BATCH_BYTES = 1024 * 1024

/** File with its size in bytes. */
type SizedFile = ListedFile & { readonly size: number }

/** Limits of one search: bytes of a file, and of all of them. */
const MAX_FILE_BYTES = 10 * 1024 * 1024
const MAX_BYTES = 1024 * 1024 * 1024

/** Adds the sizes of files, without those that are empty or too large to be searched. */
const sized = Effect.fnUntraced(function*(objects: ObjectReader, listed: ReadonlyArray<ListedFile>) {
  const files = listed.filter(isFile)
  const sizes = yield* objects.sizes(files.map(({ id }) => id))
  const found = files.map((file, index): SizedFile => ({ ...file, size: sizes[index] ?? 0 }))
    .filter(({ size }) => size > 0 && size <= MAX_FILE_BYTES)
  if (found.reduce((total, { size }) => total + size, 0) <= MAX_BYTES) return found
  return yield* new GitError({ reason: "too-large", message: "these are too many files: narrow the search with path." })
})

/** A line of a file, or one around it. */
export interface FoundLine {
  readonly path: string
  readonly line: number
  readonly text: string
  readonly isMatch: boolean
}

/** A file's place in the text, by the number of its first line. */
interface Place {
  readonly path: string
  readonly first: number
}

const batched = function*(files: ReadonlyArray<SizedFile>): Generator<ReadonlyArray<SizedFile>> {
  let batch: Array<SizedFile> = []
  let bytes = 0
  for (const file of files) {
    if (batch.length === BATCH_FILES || batch.length > 0 && bytes + file.size > BATCH_BYTES) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(file)
    bytes += file.size
  }
  if (batch.length > 0) yield batch
}

const newline = Buffer.from("\n")
const [wideLittle, wideBig, mark] = [[0xff, 0xfe], [0xfe, 0xff], [0xef, 0xbb, 0xbf]]

const startsWith = (bytes: Uint8Array, start: ReadonlyArray<number> = []): boolean =>
  start.every((byte, index) => bytes[index] === byte)

/** A file's bytes in UTF-8 without a byte order mark; none of a binary file. */
const textOf = (bytes: Uint8Array): Uint8Array | undefined => {
  if (startsWith(bytes, wideLittle)) return Buffer.from(new TextDecoder("utf-16le").decode(bytes))
  if (startsWith(bytes, wideBig)) return Buffer.from(new TextDecoder("utf-16be").decode(bytes))
  if (bytes.includes(0)) return undefined
  return startsWith(bytes, mark) ? bytes.subarray(3) : bytes
}

const linesIn = (bytes: Uint8Array): number => {
  let count = 0
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count++
  return count
}

/** The place that a line of the text is in. */
const placeOf = (places: ReadonlyArray<Place>, line: number): Place | undefined => {
  let [low, high] = [0, places.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((places[middle]?.first ?? 0) <= line) low = middle + 1
    else high = middle
  }
  return places[low - 1]
}

/** Reads ripgrep's lines: matches, and lines around them, of which those of another file are left out. */
const linesOf = (text: string, places: ReadonlyArray<Place>, context: number): ReadonlyArray<FoundLine> => {
  const found = text.split("\n").flatMap((record): ReadonlyArray<FoundLine> => {
    const [, line, sign, text = ""] = /^(\d+)([:-])(.*)$/s.exec(record) ?? []
    const place = placeOf(places, Number(line))
    if (line === undefined || place === undefined) return []
    return [{ path: place.path, line: Number(line) - place.first + 1, text, isMatch: sign === ":" }]
  })
  if (context === 0) return found
  const matches = new Set(found.flatMap(({ isMatch, line, path }) => isMatch ? [`${line} ${path}`] : []))
  const near = Array.from({ length: 2 * context + 1 }, (_, index) => index - context)
  return found.filter(({ line, path }) => near.some((distance) => matches.has(`${line + distance} ${path}`)))
}

/** Lines that were found, in the order of their files. */
export interface SearchResult {
  readonly lines: ReadonlyArray<FoundLine>
  /** True if there was more. */
  readonly cut: boolean
}

/** Search by ripgrep. */
interface Search {
  readonly tool: string
  /** Arguments of a search. */
  readonly args: ReadonlyArray<string>
  /** Number of lines before and after each match. */
  readonly context?: number | undefined
  /** Limit of the answer. */
  readonly maxBytes: number
}

/** Searches files. Fails with ripgrep's complaint about what is searched for. */
export const search = Effect.fn("FileSearch.search")(function*(
  { objects }: Pick<ToolContext, "objects">,
  files: ReadonlyArray<ListedFile>,
  { args, context = 0, maxBytes, tool }: Search
) {
  const places: Array<Place> = []
  let next = 1
  let failure: GitError | undefined
  const placed = (batch: ReadonlyArray<ListedFile>, contents: ReadonlyArray<Uint8Array>) => {
    const parts: Array<Uint8Array> = []
    for (const [index, { path }] of batch.entries()) {
      const text = textOf(contents[index] ?? new Uint8Array())
      if (text === undefined || text.length === 0) continue
      const isWhole = text.at(-1) === 10
      places.push({ path, first: next })
      next += linesIn(text) + (isWhole ? 0 : 1)
      parts.push(text, ...(isWhole ? [] : [newline]))
    }
    return Buffer.concat(parts)
  }
  const text = Stream.fromEffect(sized(objects, files)).pipe(
    Stream.flatMap((files) => Stream.fromIterable(batched(files))),
    Stream.mapEffect((batch) =>
      Effect.map(objects.all(batch.map(({ id }) => id), MAX_FILE_BYTES), (contents) => placed(batch, contents))
    ),
    Stream.catch((error) => {
      failure = error
      return Stream.empty
    })
  )
  const all = ["--line-number", "--crlf", `--context=${context}`, ...args]
  const { cut, exitCode, stderr, stdout } = yield* Ripgrep.run(tool, text, all, maxBytes)
  if (failure !== undefined) return yield* new ToolError({ message: failure.message })
  if (exitCode === 2) return yield* new ToolError({ message: Ripgrep.complaint(stderr) })
  const found: SearchResult = { lines: linesOf(decode(stdout).replaceAll("\r\n", "\n"), places, context), cut }
  return found
})
