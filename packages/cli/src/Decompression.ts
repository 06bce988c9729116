/** Decompression of answers: what was asked for, and what a proxy or a gateway does unasked. */
import type * as Http from "node:http"
import { Transform } from "node:stream"
import {
  type BrotliDecompress,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
  type Gunzip,
  type Inflate,
  type ZstdDecompress
} from "node:zlib"

type Decoder = Gunzip | Inflate | BrotliDecompress | ZstdDecompress

/** Body of an answer. */
export type Body = Http.IncomingMessage | Transform

const decoders: ReadonlyMap<string, () => Decoder> = new Map<string, () => Decoder>([
  ["gzip", createGunzip],
  ["x-gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
  ["zstd", createZstdDecompress]
])

/** Most compressions of one answer: a gateway may add one. Each takes memory. */
const mostCompressions = 3

/** Compressions that are registered, and that nobody asks for. Other names, such as `none` and `utf-8`, are of no compression. */
const unreadable: ReadonlySet<string> = new Set([
  "aes128gcm",
  "compress",
  "dcb",
  "dcz",
  "exi",
  "pack200-gzip",
  "x-compress"
])

/**
 * Text of a decoder that fails where it did not read all that it was given. Of several parts one after the other Node
 * reads those of gzip, and of others the first, without a word.
 */
const checked = (decoder: Decoder, given: () => number): Transform => {
  const all = new Transform({
    transform: (chunk: Buffer, _, done) => done(null, chunk),
    flush: (done) => done(decoder.bytesWritten < given() ? new Error("more follows after its end") : null)
  })
  decoder.on("error", (error) => all.destroy(error))
  return decoder.pipe(all).on("close", () => decoder.destroy())
}

/** A body without one of its compressions. Whoever reads it hears of an error of either. */
const without = (body: Body, name: string, decoder: Decoder): Body => {
  let ofBody: Error | undefined
  let given = 0
  body.on("data", (chunk: Buffer) => given += chunk.byteLength).on("error", (error) => decoder.destroy(ofBody = error))
  // An answer without a body, to HEAD or of 304, names the compression that it would have.
  body.on("end", () => given === 0 ? decoder.push(null) : decoder.end()).pipe(decoder, { end: false })
  const read = name.endsWith("gzip") ? decoder : checked(decoder, () => given)
  read.on("error", (error) => {
    // Node's own words tell nothing of an answer.
    if (error !== ofBody) error.message = `the answer cannot be read as content-encoding ${name}: ${error.message}`
  })
  return read.on("close", () => body.destroy())
}

/** The body of an answer as it was before it was compressed. Reading it fails if that is in a way that is not known. */
export const decompressed = (message: Http.IncomingMessage): Body => {
  const names = (message.headers["content-encoding"] ?? "").toLowerCase().split(",").map((name) => name.trim())
    .filter((name) => decoders.has(name) || unreadable.has(name))
  const known = names.flatMap((name) => {
    const make = decoders.get(name)
    return make === undefined ? [] : [{ name, make }]
  })
  if (known.length === names.length && known.length <= mostCompressions) {
    return known.reduceRight<Body>((body, { make, name }) => without(body, name, make()), message)
  }
  const unread = names.join(", ").slice(0, 60)
  return message.destroy(new Error(`the answer has the content-encoding ${unread}, which cannot be read`))
}
