import { assert, it } from "@effect/vitest"
import * as KubeSetup from "@nominal-code/kubernetes/KubeSetup"
import * as KubeEmulator from "@nominal-code/testing/KubeEmulator"
import { Effect } from "effect"

it.live("a cluster tells which of the needed rights the account lacks, and what is used of its quotas", () =>
  Effect.gen(function*() {
    const cluster = yield* KubeEmulator.make({
      role: { jobs: ["create", "get", "list", "watch"], pods: ["list", "watch"], resourcequotas: ["list"] },
      namespace: "reviews",
      namespaces: { reviews: { quota: { name: "few", jobs: 3, pods: 0 } } }
    })
    const setup = yield* KubeSetup.make({ namespace: "reviews", kubeconfig: cluster.kubeconfig })
    const rights = yield* setup.rights
    assert.strictEqual(rights.length, 9)
    assert.deepStrictEqual(rights.filter(({ allowed }) => !allowed), [
      { name: "delete jobs", required: true, allowed: false },
      { name: "list events", required: false, allowed: false }
    ])
    assert.deepStrictEqual(yield* setup.quotas, [
      { quota: "few", resource: "count/jobs.batch", used: "0", hard: "3" },
      { quota: "few", resource: "pods", used: "0", hard: "0" }
    ])
  }))
