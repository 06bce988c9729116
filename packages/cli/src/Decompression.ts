/** Decompression of answers: what was asked for, and what a proxy or a gateway does unasked. */
import type * as Http from "node:http"
import { Duplex } from "node:stream"
import {
  type BrotliDecompress,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
  type Inflate,
  type InflateRaw,
  type ZstdDecompress
} from "node:zlib"

type Decoder = Inflate | InflateRaw | BrotliDecompress | ZstdDecompress

/** Body of an answer. */
export type Body = Http.IncomingMessage | Duplex

/** Compression of a body. */
interface Compression {
  /** Makes the decoder of a body, or of one of its parts, that begins with these bytes. */
  readonly make: (first: Buffer) => Decoder
  /** True if a body may have several parts, one after the other. */
  readonly inParts: boolean
}

/**
 * Number of parts of a body that may be short, and average number of bytes of those beyond. Each part takes a decoder, and
 * one of next to nothing takes as much time as one of some kilobytes.
 */
const mostShortParts = 1_000
const leastPartBytes = 64

/** Stream without a compression. Of several parts a decoder of Node reads the first one, and drops the others without a word. */
const decoderOf = ({ inParts, make }: Compression): Duplex => {
  let decoder: Decoder | undefined
  let [parts, bytes] = [0, 0]
  const read = (data: Buffer) => {
    bytes += data.byteLength
    return all.push(data)
  }
  const begin = (first: Buffer): Decoder => {
    parts += 1
    const begun = make(first).on("data", (data: Buffer) => read(data) || begun.pause())
      .on("error", (error) => all.destroy(error))
    return begun
  }
  const decode = (chunk: Buffer, done: (error?: Error) => void): void => {
    if (decoder === undefined && parts >= mostShortParts + bytes / leastPartBytes) {
      return done(new Error("it has too many parts with next to nothing in them"))
    }
    const current = decoder ??= begin(chunk)
    const before = current.bytesWritten
    current.write(chunk, (error) => {
      if (error) return
      const rest = chunk.subarray(current.bytesWritten - before)
      if (rest.byteLength === 0) return done()
      if (!inParts) return done(new Error("more follows after its end"))
      decoder = undefined
      decode(rest, done)
    })
  }
  const all: Duplex = new Duplex({
    write: (chunk: Buffer, _, done) => decode(chunk, done),
    read: () => decoder?.resume(),
    final: (done) => {
      const end = () => {
        all.push(null)
        done()
      }
      if (decoder === undefined) end()
      else decoder.on("end", end).end()
    },
    destroy: (error, done) => {
      decoder?.destroy()
      done(error)
    }
  })
  return all
}

/** The low four bits of a stream's first byte in zlib's format, which is what `deflate` names. */
const zlibMethod = 8

/** Decoder of `deflate`: some servers leave out the format around it, and each browser reads that. */
const inflateOf = ([first = zlibMethod]: Buffer) => (first & 0x0f) === zlibMethod ? createInflate() : createInflateRaw()

const decoders: ReadonlyMap<string, () => Duplex> = new Map<string, () => Duplex>([
  ["gzip", createGunzip],
  ["x-gzip", createGunzip],
  ["deflate", () => decoderOf({ make: inflateOf, inParts: false })],
  ["br", () => decoderOf({ make: () => createBrotliDecompress(), inParts: false })],
  ["zstd", () => decoderOf({ make: () => createZstdDecompress(), inParts: true })]
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

/** A body without one of its compressions. Whoever reads it hears of an error of either. */
const without = (body: Body, name: string, decoder: Duplex): Body => {
  let ofBody: Error | undefined
  let isEmpty = true
  body.once("data", () => isEmpty = false).on("error", (error) => decoder.destroy(ofBody = error))
  // An answer without a body, to HEAD or of 304, names the compression that it would have.
  body.on("end", () => isEmpty ? decoder.push(null) : decoder.end()).pipe(decoder, { end: false })
  decoder.on("error", (error) => {
    // Node's own words tell nothing of an answer.
    if (error !== ofBody) error.message = `the answer cannot be read as content-encoding ${name}: ${error.message}`
  })
  return decoder.on("close", () => body.destroy())
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
