import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { json } from "../Flags.ts"

/** `nominal-code replay`. */
export const replayCommand = Command.make(
  "replay",
  {
    job: Argument.String("job").pipe(
      Argument.withDescription("The job's id, or the file of its transcript (retention.transcripts)")
    ),
    model: Flag.String("model").pipe(
      Flag.withDescription("Ask this model anew, in place of the recorded answers"),
      Flag.optional
    ),
    provider: Flag.String("provider").pipe(Flag.withDescription("The model's provider, as for review"), Flag.optional),
    repository: Flag.String("repository").pipe(
      Flag.withDescription("A clone that has the commits, for a review whose mirror is not here"),
      Flag.optional
    ),
    json
  },
  Effect.fn("cli.replay")(function*(flags) {
    const { replay } = yield* Effect.promise(() => import("../commands/Replay.ts"))
    return yield* replay(flags)
  })
).pipe(
  Command.withDescription("Run a recorded review again without forge and network, and print what it says now")
)
