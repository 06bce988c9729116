import { assert, describe, it } from "@effect/vitest"
import type { QuotaUse, Right } from "@nominal-code/kubernetes/KubeSetup"
import { Option } from "effect"
import { namespaceFindings } from "../src/doctor/ClusterFindings.ts"

const right = (name: string, allowed: boolean, required = true): Right => ({ name, allowed, required })

const use = (used: string, hard: string, resource = "pods"): QuotaUse => ({ quota: "q", resource, used, hard })

/** Findings about the namespace `reviews`, one a line. */
const lines = (rights: ReadonlyArray<Right>, quotas?: ReadonlyArray<QuotaUse>) =>
  namespaceFindings("reviews", rights, Option.fromUndefinedOr(quotas)).map(({ area, status, text }) => {
    assert.strictEqual(area, "cluster")
    return `${status}: ${text}`
  })

describe("the rights of the server's account", () => {
  it("are a problem where a review needs one that is missing, each of which is named", () => {
    assert.deepStrictEqual(
      lines([right("create jobs", true), right("delete jobs", false), right("watch pods", false)]),
      [
        "problem: the server's account may not delete jobs, watch pods in reviews: bind the Role of " +
        "deploy/k8s/base/rbac.yaml"
      ]
    )
  })

  it("are a note where only an explanation is lost", () => {
    assert.deepStrictEqual(lines([right("create jobs", true), right("list events", false, false)]), [
      "ok: the server's account may do in reviews what reviews need",
      "note: the server's account may not list events in reviews: failures of pods are explained in less detail"
    ])
  })
})

describe("the quotas of the namespace", () => {
  const all = [right("create jobs", true)]
  const fine = "ok: the server's account may do in reviews what reviews need"

  it("are a warning from nine tenths on, in the units of Kubernetes", () => {
    const found = lines(all, [
      use("89", "100"),
      use("90", "100"),
      use("3600m", "4", "requests.cpu"),
      use("7Gi", "8Gi", "requests.memory"),
      use("7400Mi", "8Gi", "limits.memory")
    ])
    assert.deepStrictEqual(found, [
      fine,
      ...["90 of 100 pods", "3600m of 4 requests.cpu", "7400Mi of 8Gi limits.memory"].map((used) =>
        `warning: the quota q has ${used} in use: more reviews may have to wait`
      )
    ])
  })

  it("have room where nothing is scarce; a quota of nothing forbids a kind, and is no shortage", () => {
    assert.deepStrictEqual(lines(all, [use("1", "10"), use("0", "0", "services.loadbalancers")]), [
      fine,
      "ok: the quotas of reviews have room"
    ])
  })

  it("are not called roomy where they may not be seen", () => assert.deepStrictEqual(lines(all), [fine]))
})
