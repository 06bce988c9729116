import { assert, describe, it } from "@effect/vitest"
import { podOf, WirePod } from "@nominal-code/kubernetes/KubeObjects"
import { Option, Schema } from "effect"

const ended = (name: string, exitCode: number, reason: string) => ({
  name,
  state: { terminated: { exitCode, reason, message: `${name} has ended` } }
})

const waits = (name: string, reason: string) => ({ name, state: { waiting: { reason } } })

const pod = (status: Readonly<Record<string, unknown>>) =>
  podOf(Schema.decodeSync(WirePod)({ metadata: { name: "p" }, status }))

describe("a pod of several containers", () => {
  it("has ended as its publisher has, whatever order a node lists them in", () => {
    const containerStatuses = [ended("agent", 0, "Completed"), ended("publisher", 1, "Error")]
    for (const listed of [containerStatuses, containerStatuses.toReversed()]) {
      assert.deepStrictEqual(
        Option.map(pod({ containerStatuses: listed }).exit, ({ code, message }) => [code, message]),
        Option.some([1, "publisher has ended"])
      )
    }
  })

  it("has run out of memory if any of them has", () => {
    for (const [agent, publisher] of [["OOMKilled", "Error"], ["Error", "OOMKilled"]] as const) {
      const { exit } = pod({ containerStatuses: [ended("agent", 137, agent), ended("publisher", 137, publisher)] })
      assert.deepStrictEqual(Option.map(exit, ({ reason }) => reason), Option.some("OOMKilled"))
    }
  })

  it("waits for the one that does not start, and not for those that wait for it", () => {
    const { waiting } = pod({
      initContainerStatuses: [waits("models", "ImagePullBackOff"), waits("checkout", "PodInitializing")],
      containerStatuses: [waits("agent", "PodInitializing"), waits("publisher", "PodInitializing")]
    })
    assert.deepStrictEqual(Option.map(waiting, ({ reason }) => reason), Option.some("ImagePullBackOff"))
    assert.isTrue(Option.isNone(pod({ containerStatuses: [waits("review", "PodInitializing")] }).waiting))
  })
})
