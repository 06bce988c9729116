import { Effect, type FileSystem } from "effect"

/*
 * The bytes of SQLite's journal, the file `-wal`: a header and a frame for each page that was written. Its format:
 * https://sqlite.org/fileformat2.html#walformat
 */

/** Bytes of a page of the database. */
const pageBytes = 4096
const headerBytes = 32
const frameBytes = 24 + pageBytes

/** Places of the salts in the header and in a frame. The journal has others each time that it begins anew. */
const [saltsOfHeader, saltsOfFrame] = [16, 8]

/** Bytes that are read and written at once. */
const portion = 1024 * 1024

/**
 * Writes the whole journal where it is, with the bytes that it has, and waits for the disk. Nobody may write to it
 * meanwhile.
 */
export const rewrite = Effect.fnUntraced(function*(journal: FileSystem.File) {
  const buffer = new Uint8Array(portion)
  yield* journal.seek(0n, "start")
  let position = 0n
  while (true) {
    const length = yield* journal.read(buffer, { position })
    if (length === 0) break
    yield* journal.writeAll(buffer.subarray(0, length))
    position += BigInt(length)
  }
  yield* journal.sync
})

/** True if the journal has so many pages since it began anew. What comes behind its last frame is of an earlier one. */
export const hasPages = Effect.fnUntraced(function*(journal: FileSystem.File, pages: number) {
  const [header, frame] = [new Uint8Array(8), new Uint8Array(8)]
  const position = BigInt(headerBytes + (pages - 1) * frameBytes + saltsOfFrame)
  if ((yield* journal.read(frame, { position })) < frame.length) return false
  yield* journal.read(header, { position: BigInt(saltsOfHeader) })
  return header.every((byte, index) => byte === frame[index])
})
