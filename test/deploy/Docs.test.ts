import { assert, describe, it } from "@effect/vitest"
import type { V1Service } from "@kubernetes/client-node"
import type { Depth } from "@nominal-code/jobs/JobRecords"
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { parse } from "yaml"
import { problems } from "./KubernetesSchema.ts"
import { find, hasKubectl, overlay, root, temporary } from "./Rendering.ts"
import { stubbedCluster } from "./StubbedCluster.ts"

const page = readFileSync(`${root}/docs/kubernetes.md`, "utf8")
const blocks = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block ?? "")

/** A repository with what the page's commands touch, and nothing that is yours. */
const checkout = (): string => {
  const directory = temporary()
  for (const name of ["deploy", "ci"]) cpSync(`${root}/${name}`, `${directory}/${name}`, { recursive: true })
  rmSync(`${directory}/deploy/k8s/secret.yaml`, { force: true })
  mkdirSync(`${directory}/bin`)
  // What else the page calls, and this machine may not have.
  writeFileSync(`${directory}/bin/git`, "#!/bin/sh\necho 1f2e3d4c\n", { mode: 0o755 })
  writeFileSync(`${directory}/bin/minikube`, "#!/bin/sh\necho export DOCKER_HOST=tcp://minikube\n", { mode: 0o755 })
  writeFileSync(`${directory}/bin/cloudflared`, "#!/bin/sh\n", { mode: 0o755 })
  return directory
}

describe.skipIf(!hasKubectl)("docs/kubernetes.md (kubectl)", () => {
  it("each of its commands does what it says, from the first to the last", () => {
    const cluster = stubbedCluster()
    const directory = checkout()
    assert.isAbove(blocks.length, 8)
    for (const block of blocks) {
      // A Job's name is the reader's to fill in.
      const commands = `export PATH="$PWD/bin:$PATH"\n${block.replaceAll("<job-name>", "a-job")}`
      const { status, stderr } = cluster.run(commands, directory)
      assert.strictEqual(status, 0, `${block}\n${stderr}`)
    }
    const lines = cluster.calls().map(({ line }) => line).join("\n")
    for (
      const expected of [
        "rollout status deployment/nominal-code-server",
        "docker build -f ci/Dockerfile -t my-image:v1 .",
        "port-forward service/nominal-code-server 8080:80",
        "kubectl delete namespace nominal-code",
        "create secret generic nominal-code-secrets",
        "kubectl apply -k deploy/my-cluster",
        "logs job/a-job",
        "exec deployment/nominal-code-server -- nominal-code doctor",
        "exec deployment/nominal-code-server -- nominal-code jobs list"
      ]
    ) assert.include(lines, expected)
    assert.deepStrictEqual(cluster.applied().flatMap(problems), [])
    assert.include(JSON.stringify(cluster.applied()), "ghcr.io/gauthierdmn/nominal-code:1f2e3d4c")
  })

  it("the Secret that it makes for production has every entry of the template that is not optional", () => {
    const template = readFileSync(`${root}/deploy/k8s/secret.yaml.template`, "utf8")
    // Of the models' keys, it needs that of its own provider.
    const optional = ["ALLOWED_REPOS", "GOOGLE_API_KEY", "OPENAI_API_KEY"]
    for (const [, name = ""] of template.matchAll(/^ {2}([A-Z_]+):/gm)) {
      if (!optional.includes(name)) assert.include(page, `--from-literal=${name}=`)
    }
  })

  it("KEDA's example scales the servers' Deployment, on a figure of /ready, which it asks their Service for", () => {
    const figures: ReadonlyArray<keyof Depth> = ["waiting", "running", "parked", "oldestWaitMillis"]
    const yaml = [...page.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, block]) => block ?? "")
    const scaled = parse(yaml.find((block) => block.includes("kind: ScaledObject")) ?? "")
    const resources = overlay("k8s/base")
    const { scaleTargetRef, triggers: [{ metadata, type }] } = scaled.spec
    find(resources, "Deployment", scaleTargetRef.name)
    assert.strictEqual(type, "metrics-api")
    assert.include(figures, metadata.valueLocation)
    const [, service = "", namespace, path] =
      /^http:\/\/([\w-]+)\.([\w-]+)\.svc\.cluster\.local(.*)$/.exec(metadata.url) ?? []
    const { spec } = find<V1Service>(resources, "Service", service)
    assert.deepStrictEqual([namespace, path, spec?.ports?.[0]?.port], ["nominal-code", "/ready", 80])
  })

  it("every file and every resource that it names is there", () => {
    for (const [, link = ""] of page.matchAll(/\]\(([^)#]+)\)/g)) {
      assert.isTrue(existsSync(`${dirname(`${root}/docs/x`)}/${link}`), link)
    }
    for (const [, file = ""] of page.matchAll(/`(deploy\/[\w./-]+)`/g)) {
      assert.isTrue(existsSync(`${root}/${file}`) || file.endsWith("secret.yaml"), file)
    }
    const names = overlay("k8s/base").map(({ kind, metadata }) => `${kind} \`${metadata.name}\``)
    for (const [named] of page.matchAll(/\b(?:Deployment|StatefulSet|Role|Service) `[\w-]+`/g)) {
      assert.include(names, named)
    }
  })
})
