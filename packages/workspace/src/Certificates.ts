/** Authorities of git's connections. git does not read `NODE_EXTRA_CA_CERTS`, by which the forge's API is trusted. */
import { Effect, FileSystem, Option, Path } from "effect"
import { getCACertificates, rootCertificates } from "node:tls"

/** Writes a file, which another process of its directory may read at the same time. */
const replace = Effect.fnUntraced(function*(directory: string, name: string, text: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = path.join(directory, name)
  const own = path.join(yield* fs.makeTempDirectoryScoped({ directory }), name)
  yield* fs.writeFileString(own, text)
  yield* fs.rename(own, file)
  return file
}, Effect.scoped)

/**
 * The variables by which git trusts the machine's authorities, and those of a file. It takes one file only, which is
 * written to the directory at the first use. A file that cannot be read adds none, as for Node, which warns of it.
 */
export const make = Effect.fnUntraced(function*(extra: Option.Option<string>, directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const written = Effect.gen(function*() {
    if (Option.isNone(extra)) return {}
    const added = yield* fs.readFileString(extra.value)
    const known = new Set([...rootCertificates, ...getCACertificates("system"), added])
    return { GIT_SSL_CAINFO: yield* replace(directory, "authorities.pem", [...known].join("\n")) }
  })
  return yield* written.pipe(
    Effect.orElseSucceed(() => ({})),
    Effect.provideService(FileSystem.FileSystem, fs),
    Effect.provideService(Path.Path, path),
    Effect.uninterruptible,
    Effect.cached
  )
})
