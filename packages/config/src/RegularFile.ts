import { Effect, FileSystem, Schema } from "effect"

/** Maximum size of a file that is read, in bytes. */
const maxBytes = 1024 * 1024

const sentences = {
  missing: "does not exist",
  directory: "is a directory: name a file in it",
  special: "is a device, a pipe or a socket: name a file",
  forbidden: "may not be read by the user that runs this: change its owner or its mode",
  large: "is larger than 1 MiB: name another file",
  unreadable: "cannot be read"
} as const

/** A file that cannot be used. The message completes a sentence that begins with the file's name. */
export class UnusableFile extends Schema.TaggedError<UnusableFile>()("UnusableFile", {
  reason: Schema.Literals(["missing", "directory", "special", "forbidden", "large", "unreadable"])
}) {
  override get message() {
    return sentences[this.reason]
  }
}

const unusable = (reason: keyof typeof sentences) => new UnusableFile({ reason })

/** Reasons by the tag of Effect's error. `BadResource` is a path below a file, or a circle of links. */
const reasons: Readonly<Record<string, keyof typeof sentences>> = {
  NotFound: "missing",
  BadResource: "missing",
  PermissionDenied: "forbidden"
}

/** Text of a regular file of at most 1 MiB. Other kinds are not opened: a pipe could make the start wait for ever. */
export const readRegularFile = Effect.fn("RegularFile.read")(
  function*(name: string) {
    const fs = yield* FileSystem.FileSystem
    const { size, type } = yield* fs.stat(name)
    if (type === "Directory") return yield* unusable("directory")
    if (type !== "File") return yield* unusable("special")
    return size > maxBytes ? yield* unusable("large") : yield* fs.readFileString(name)
  },
  Effect.catchTag("PlatformError", ({ reason }) => Effect.fail(unusable(reasons[reason._tag] ?? "unreadable")))
)
