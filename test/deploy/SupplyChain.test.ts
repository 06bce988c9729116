import { assert, describe, it } from "@effect/vitest"
import { globSync, readFileSync } from "node:fs"
import { type Lockfile, loose } from "../../ci/lockfiles.ts"
import { root } from "./Rendering.ts"

describe("what the project takes from others", () => {
  const lockfiles = globSync(["package-lock.json", "ci/tools/*/package-lock.json"], { cwd: root })
  const lockfileAt = (file: string): Lockfile => JSON.parse(readFileSync(`${root}/${file}`, "utf8"))

  it.each(lockfiles)(
    "is fixed by its contents: each package of %s has a SHA-512, for every platform, and comes from the registry",
    (file) => {
      const lockfile = lockfileAt(file)
      const paths = Object.keys(lockfile.packages)
      const foreign = paths.filter((path) => path.startsWith("node_modules/"))
      assert.isAbove(foreign.length, file === "package-lock.json" ? 300 : 0)
      assert.deepStrictEqual(loose(lockfile), [])
      // Each of these would be named.
      for (const path of ["node_modules/effect", "node_modules/node"].filter((path) => paths.includes(path))) {
        const { [path]: { integrity: _, ...locked } = {} } = lockfile.packages
        const another = { version: "1.0.0", resolved: "https://elsewhere.example/a.tgz", ...lockfile.packages[path] }
        assert.deepStrictEqual(loose({ packages: { ...lockfile.packages, [path]: locked } }), [path])
        assert.deepStrictEqual(loose({ packages: { ...lockfile.packages, [path]: another } }), [path])
      }
      for (const path of paths.filter((path) => !path.startsWith("node_modules/") && path !== "")) {
        assert.match(path, /^packages\/[\w-]+(?:\/node_modules\/.+)?$/)
      }
    }
  )

  it("runs no script of its own when it is installed", () => {
    assert.match(readFileSync(`${root}/.npmrc`, "utf8"), /^ignore-scripts=true$/m)
    // Other folders have no .npmrc. With --prefix, npm would not read the machine's either.
    const elsewhere = [...readFileSync(`${root}/Makefile`, "utf8").matchAll(/cd .*npm ci.*/g)]
    assert.isNotEmpty(elsewhere)
    for (const [line] of elsewhere) assert.include(line, "--ignore-scripts")
    assert.notMatch(readFileSync(`${root}/Makefile`, "utf8"), /npm .*--prefix/)
  })

  const workflows = globSync(["action.yml", ".github/workflows/*.yml", "ci/templates/**/*.yml"], { cwd: root })

  it.each(workflows)("names the actions of %s by their commits, with the version beside it", (file) => {
    for (const [, action = ""] of readFileSync(`${root}/${file}`, "utf8").matchAll(/^[^#\n]*\buses: (.+)$/gm)) {
      assert.match(action, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
    }
  })

  it("is looked at each week: known weaknesses of packages, newer versions of packages, actions and bases", () => {
    assert.match(readFileSync(`${root}/.github/workflows/audit.yml`, "utf8"), /cron:[^]*npm audit --omit=dev/)
    const updates = readFileSync(`${root}/.github/dependabot.yml`, "utf8")
    for (const name of ["npm", "github-actions", "docker"]) assert.include(updates, `package-ecosystem: ${name}\n`)
  })
})
