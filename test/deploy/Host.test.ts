import { assert, describe, it } from "@effect/vitest"
import { everySetting } from "@nominal-code/config/Settings"
import { fileVariables } from "@nominal-code/domain/settings/Setting"
import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { parse } from "yaml"
import { isInstalled, root, temporary } from "./Rendering.ts"

const read = (path: string) => readFileSync(`${root}/deploy/host/${path}`, "utf8")
const variables = new Set(everySetting.flatMap((setting) => [...setting.env, ...fileVariables(setting)]))

describe("deploy/host/compose.yaml", () => {
  const { secrets, services: { redis, server }, volumes } = parse(read("compose.yaml"))

  it("sets only variables that there are, and mounts every secret that one of them names", () => {
    assert.deepStrictEqual(Object.keys(server.environment).filter((name) => !variables.has(name)), [])
    const named = Object.entries<string>(server.environment)
      .filter(([name]) => name.endsWith("_FILE"))
      .map(([, path]) => path.replace("/run/secrets/", ""))
    assert.sameMembers(named, server.secrets)
    assert.sameMembers(Object.keys(secrets), server.secrets)
    const used = [server, redis].flatMap(({ volumes }) => volumes).filter((volume: string) => !volume.startsWith("."))
    assert.sameMembers(used.map((volume: string) => volume.split(":")[0]), Object.keys(volumes))
  })

  it("loses no accepted event: Redis writes to its disk and evicts nothing, and the server has time to finish", () => {
    assert.includeMembers(redis.command, ["--appendonly", "yes", "--maxmemory-policy", "noeviction"])
    assert.isTrue(redis.volumes.some((volume: string) => volume.endsWith(":/data")))
    assert.isAbove(Number.parseInt(server.stop_grace_period, 10), 30)
    assert.strictEqual(server.depends_on.redis.condition, "service_healthy")
  })

  it("gives neither container rights, nor the network more than the host's own port", () => {
    for (const service of [server, redis]) {
      assert.deepStrictEqual(service.cap_drop, ["ALL"])
      assert.deepStrictEqual(service.security_opt, ["no-new-privileges:true"])
      assert.isTrue(service.read_only)
    }
    assert.deepStrictEqual([server.ports, redis.ports], [["127.0.0.1:8080:8080"], undefined])
  })
})

describe("deploy/host/nominal-code.service", () => {
  const unit = read("nominal-code.service")

  it("sets only variables that there are, and shows the service every secret that one of them names", () => {
    const set = [...unit.matchAll(/^Environment=(\w+)=(.*)$/gm)].map(([, name = "", value = ""]) =>
      [name, value] as const
    )
    const unknown = set.filter(([name]) => !variables.has(name)).map(([name]) => name)
    assert.deepStrictEqual(unknown, [
      "HOME",
      "NODE_OPTIONS",
      "MALLOC_ARENA_MAX",
      "MALLOC_MMAP_THRESHOLD_",
      "MALLOC_TRIM_THRESHOLD_"
    ])
    const credentials = [...unit.matchAll(/^LoadCredential=([\w-]+):/gm)].map(([, name]) => `%d/${name}`)
    assert.sameMembers(set.filter(([name]) => name.endsWith("_FILE")).map(([, value]) => value), credentials)
  })

  it("bounds the memory of Node and of the C library as the image does", () => {
    const image = readFileSync(`${root}/ci/Dockerfile`, "utf8")
    const bounds = (text: string) => text.match(/\b(?:NODE_OPTIONS|MALLOC_\w+)=\S+/g)
    assert.deepStrictEqual(bounds(unit), bounds(image))
    assert.lengthOf(bounds(unit) ?? [], 4)
  })

  // Only systemd itself can say if it takes a unit, and a machine without it, such as a container, does not run ours.
  it.skipIf(!isInstalled("systemd-analyze", "--version"))(
    "is a unit that systemd takes, and exposes little (systemd)",
    () => {
      const file = `${temporary()}/nominal-code.service`
      writeFileSync(file, unit.replace("/usr/local/bin/nominal-code", process.execPath))
      const verified = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" })
      assert.deepStrictEqual([verified.status, verified.stderr], [0, ""])
      const args = ["security", "--offline=true", "--threshold=20", "--no-pager", file]
      const exposed = spawnSync("systemd-analyze", args, { encoding: "utf8" })
      assert.strictEqual(exposed.status, 0, exposed.stdout)
    }
  )
})
