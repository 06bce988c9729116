import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Forge } from "../src/Forge.ts"
import { jobId } from "./FakeGitHub.ts"
import { makeScene } from "./GitLabScene.ts"

type Scene = Effect.Success<ReturnType<typeof makeScene>>

/** The failed checks of the head after a first look, and the requests that the look and they took. */
const failedChecks = ({ emulator, on, ref }: Scene) =>
  on(Effect.gen(function*() {
    const forge = yield* Forge
    const before = emulator.requests.length
    const { pullRequest } = yield* forge.look(ref, jobId)
    const looked = emulator.requests.length
    const failed = yield* forge.failedChecks(pullRequest)
    return {
      failed,
      look: looked - before,
      asked: emulator.requests.slice(looked).map(({ operation }) => operation)
    }
  }))

const jobs = "GET /projects/:id/pipelines/:pipeline_id/jobs"

it.effect("the failed jobs of the head's pipeline cost one request, and one that may fail is none", () =>
  Effect.gen(function*() {
    const scene = yield* makeScene()
    scene.emulator.runPipeline(scene.request, [
      { name: "test", status: "failed" },
      { name: "lint", status: "failed", allowFailure: true },
      { name: "build", status: "success" },
      { name: "Nominal Code", status: "failed" },
      { name: "e2e 1/2", status: "failed" }
    ])
    const { asked, failed, look } = yield* failedChecks(scene)
    assert.deepStrictEqual(failed, ["e2e 1/2", "test"])
    assert.deepStrictEqual(asked, [jobs])
    assert.strictEqual(look, 3)
  }))

it.effect("a merge request without a pipeline, or with one that has passed, costs no request", () =>
  Effect.gen(function*() {
    const scene = yield* makeScene()
    assert.deepStrictEqual((yield* failedChecks(scene)).asked, [])
    scene.emulator.runPipeline(scene.request, [{ name: "lint", status: "failed", allowFailure: true }])
    assert.deepStrictEqual((yield* failedChecks(scene)).asked, [])
  }))

it.effect("the failures of an older head are not those of this one", () =>
  Effect.gen(function*() {
    const scene = yield* makeScene()
    scene.emulator.runPipeline(scene.request, [{ name: "test", status: "failed" }])
    yield* scene.emulator.push(scene.request, [{ message: "Mend it", files: { "src/new.ts": "four\n" } }])
    assert.deepStrictEqual(yield* failedChecks(scene), { failed: [], asked: [], look: 3 })
  }))

it.effect("a pipeline of the commit that a merge would make counts if that commit is made of the head", () =>
  Effect.gen(function*() {
    const scene = yield* makeScene()
    const merge = { sha: "f".repeat(40), ref: "refs/merge-requests/1/merge", source: "merge_request_event" } as const
    const test = { name: "test", status: "failed" } as const
    scene.emulator.runPipeline(scene.request, [test], { ...merge, parents: ["a".repeat(40), scene.headSha] })
    assert.deepStrictEqual((yield* failedChecks(scene)).failed, ["test"])
    scene.emulator.runPipeline(scene.request, [test], { ...merge, parents: ["a".repeat(40), "b".repeat(40)] })
    assert.deepStrictEqual((yield* failedChecks(scene)).failed, [])
  }))

it.effect("the failed statuses of another CI are read where GitLab runs no jobs", () =>
  Effect.gen(function*() {
    const scene = yield* makeScene()
    const { emulator, headSha, request, state } = scene
    emulator.runPipeline(request, [], { source: "external", status: "failed" })
    const status = { project: request.project, sha: headSha, description: "", targetUrl: undefined, createdAt: 1 }
    const author = emulator.account("jenkins")
    for (const [name, ended] of [["jenkins/unit", "failed"], ["jenkins/build", "success"]] as const) {
      state.statuses.push({ ...status, id: state.nextId(), name, author, state: ended, finishedAt: 2 })
    }
    const { asked, failed } = yield* failedChecks(scene)
    assert.deepStrictEqual(failed, ["jenkins/unit"])
    assert.deepStrictEqual(asked, ["GET /projects/:id/repository/commits/:sha/statuses"])
  }))

it.effect("jobs that our account may not read are none", () =>
  Effect.gen(function*() {
    const scene = yield* makeScene()
    const hidden = scene.emulator
    hidden.runPipeline(scene.request, [{ name: "test", status: "failed" }])
    hidden.faults.next({ path: /\/jobs/ }, { _tag: "Answer", status: 403, message: "403 Forbidden" })
    const { asked, failed } = yield* failedChecks(scene)
    assert.deepStrictEqual([failed, asked.length], [[], 1])
  }))
