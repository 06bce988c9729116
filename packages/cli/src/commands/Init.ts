import { fileTrouble } from "@nominal-code/domain/file/FileTrouble"
import { Console, Effect, FileSystem, Schema } from "effect"
import { nextSteps, type StarterAnswers, starterConfig } from "../StarterConfig.ts"

/** Flags of `init`. */
export interface InitFlags extends StarterAnswers {
  readonly file: string
}

/** A file that could not be written. The process ends with 1. */
class NotWritten extends Schema.TaggedError<NotWritten>()("NotWritten", { message: Schema.String }) {}

/** Writes a first configuration file, which must not be there yet, and prints the next steps. */
export const init = Effect.fn("cli.init")(function*({ file, ...answers }: InitFlags) {
  const fs = yield* FileSystem.FileSystem
  yield* Effect.catchTag(
    fs.writeFileString(file, starterConfig(answers), { flag: "wx" }),
    "PlatformError",
    (error) =>
      new NotWritten({
        message: error.reason._tag === "AlreadyExists"
          ? `${file} is there already, and stays as it is: name another one by --file`
          : `${file} cannot be written: ${fileTrouble(error)}`
      })
  )
  const steps = nextSteps(answers, file).map((step, at) => `  ${at + 1}. ${step}`)
  yield* Console.log([`${file} is written. Next:`, ...steps].join("\n"))
})
