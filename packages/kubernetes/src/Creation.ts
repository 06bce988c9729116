import { ensureWanted } from "@nominal-code/domain/job/RunStillWanted"
import { Effect, Option } from "effect"
import type { Retries } from "./ApiRetries.ts"
import type { KubeClient } from "./KubeClient.ts"
import { KubeError } from "./KubeError.ts"
import type { KubeJobManifest } from "./KubeJobManifest.ts"
import type { KubeJob } from "./KubeObjects.ts"

const sameLabels = (wanted: KubeJobManifest, { labels }: KubeJob): boolean =>
  Object.entries(wanted.metadata?.labels ?? {}).every(([name, value]) => labels[name] === value)

/** Makes the creation of kube jobs, each of which is there once for its name. */
export const makeCreate = (client: KubeClient["Service"], withRetries: Retries) => {
  const adopt = Effect.fnUntraced(function*(wanted: KubeJobManifest) {
    const name = wanted.metadata?.name ?? ""
    const found = yield* client.findJob(name)
    // It was there a moment ago: this is the next try's chance.
    if (Option.isNone(found)) {
      return yield* new KubeError({ operation: "create Job", reason: "busy", detail: `Job ${name} is just ending` })
    }
    if (!sameLabels(wanted, found.value)) {
      const detail = `there is a Job ${name} already, and it is not ours: its labels differ`
      return yield* new KubeError({ operation: "create Job", reason: "refused", detail })
    }
    yield* Effect.logInfo("the Job is there already: waiting for it")
    return found.value
  })

  /**
   * Creates a Job, or finds the one of its name; unless its run has been given up meanwhile. A request that was sent is
   * waited for: what it does must be known.
   */
  return Effect.fn("KubeJobs.create")((wanted: KubeJobManifest) =>
    ensureWanted.pipe(
      Effect.andThen(
        Effect.uninterruptible(client.createJob(wanted)).pipe(
          Effect.tap(() => Effect.logInfo("created the Job")),
          Effect.catchIf(({ reason }) => reason === "exists", () => adopt(wanted))
        )
      ),
      withRetries
    )
  )
}
