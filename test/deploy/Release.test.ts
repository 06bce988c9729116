import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import process from "node:process"
import { parse } from "yaml"
import { root } from "./Rendering.ts"

interface Step {
  readonly name?: string
  readonly run?: string
}

const workflow = parse(readFileSync(`${root}/.github/workflows/release.yml`, "utf8"))
const stepOf = (job: string, name: string): string => {
  const steps: ReadonlyArray<Step> = workflow.jobs[job].steps
  return steps.find((step) => step.name === name)?.run ?? assert.fail(`no step ${name}`)
}

describe("a release", () => {
  it("publishes only for a tag, with the rights that it needs, after the package was installed and started", () => {
    assert.deepStrictEqual(workflow.on.push, { tags: ["v*"] })
    assert.deepStrictEqual(workflow.permissions, {})
    assert.deepStrictEqual(workflow.jobs.publish.permissions, { contents: "write", "id-token": "write" })
    const steps: ReadonlyArray<Step> = workflow.jobs.publish.steps
    const at = (text: string) => steps.findIndex(({ run }) => run?.includes(text) === true)
    assert.isAbove(at("make test-nodes"), at("make build"))
    assert.isAbove(at("npm publish"), at("make test-nodes"))
    assert.include(stepOf("publish", "To npm, with provenance"), "--provenance")
  })

  it("has the single executable beside it, on each platform after it has started there", () => {
    assert.strictEqual(workflow.jobs.executables.needs, "publish")
    const step = stepOf("executables", "It starts, and stands beside the release")
    assert.match(step, /^executable\/nominal-code --version\n[^]*gh release upload/)
  })

  it("takes its version and its notes from the changesets, and refuses another tag", () => {
    const directory = mkdtempSync(`${tmpdir()}/release-`)
    const copied = ["package.json", "package-lock.json", ".changeset", "deploy", "SECURITY.md", "ci/imageVersion.ts"]
    for (const name of copied) cpSync(`${root}/${name}`, `${directory}/${name}`, { recursive: true })
    symlinkSync(`${root}/node_modules`, `${directory}/node_modules`)
    const manifests: ReadonlyArray<string> = Object.keys(
      JSON.parse(readFileSync(`${root}/package-lock.json`, "utf8")).packages
    ).filter((path) => /^packages\/[\w-]+$/.test(path))
    for (const path of manifests) {
      mkdirSync(`${directory}/${path}`, { recursive: true })
      cpSync(`${root}/${path}/package.json`, `${directory}/${path}/package.json`)
    }
    const bash = (script: string, env: Readonly<Record<string, string>> = {}) =>
      spawnSync("bash", ["-euc", script], {
        cwd: directory,
        encoding: "utf8",
        env: { ...process.env, RUNNER_TEMP: directory, ...env }
      })
    assert.strictEqual(
      bash("git init -q && git -c user.name=a -c user.email=a@a commit -q --allow-empty -m a").status,
      0
    )
    const make = stepOf("prepare", "Versions and CHANGELOG from the changesets")
    const made = bash(make.replace("npx changeset", `node ${root}/node_modules/@changesets/cli/bin.js`))
    assert.strictEqual(made.status, 0, made.stderr + made.stdout)
    const { version } = JSON.parse(readFileSync(`${directory}/packages/cli/package.json`, "utf8"))
    assert.match(version, /^\d+\.\d+\.\d+$/)
    for (const file of ["deploy/k8s/base/deployment.yaml", "deploy/host/compose.yaml", "SECURITY.md"]) {
      assert.include(readFileSync(`${directory}/${file}`, "utf8"), `nominal-code:${version}\n`, file)
    }
    const same = stepOf("publish", "The tag is the version")
    assert.strictEqual(bash(same, { GITHUB_REF_NAME: `v${version}` }).status, 0)
    assert.notStrictEqual(bash(same, { GITHUB_REF_NAME: "v0.0.1" }).status, 0)
    const notes = stepOf("publish", "A release with the part of the CHANGELOG").split("gh release")[0] ?? ""
    writeFileSync(
      `${directory}/packages/cli/CHANGELOG.md`,
      [
        readFileSync(`${directory}/packages/cli/CHANGELOG.md`, "utf8"),
        "## 0.0.1\n\nof another version\n"
      ].join("\n")
    )
    assert.strictEqual(bash(notes, { GITHUB_REF_NAME: `v${version}` }).status, 0)
    const text = readFileSync(`${directory}/notes.md`, "utf8")
    assert.include(text, "nominal-code doctor")
    assert.notInclude(text, "of another version")
  })
})
