import type { V1Container, V1PodTemplateSpec } from "@kubernetes/client-node"
import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { fileURLToPath } from "node:url"
import { onTestFinished } from "vitest"
import { parseAllDocuments } from "yaml"
import type { Resource } from "./KubernetesSchema.ts"

/** The repository. */
export const root = fileURLToPath(new URL("../..", import.meta.url))

/** True if a program is on this machine. */
export const isInstalled = (program: string, ...args: ReadonlyArray<string>): boolean =>
  spawnSync(program, args, { stdio: "ignore" }).status === 0

/** Rendering needs kubectl, and no cluster. */
export const hasKubectl = isInstalled("kubectl", "version", "--client")

/** A directory that is gone after the test. */
export const temporary = (): string => {
  const directory = mkdtempSync(`${tmpdir()}/nominal-deploy-`)
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A copy of `deploy/` to write to, with the template's secrets where `deploy/k8s` expects yours. */
export const copyOfDeploy = (): string => {
  const deploy = `${temporary()}/deploy`
  cpSync(`${root}/deploy`, deploy, { recursive: true })
  cpSync(`${deploy}/k8s/secret.yaml.template`, `${deploy}/k8s/secret.yaml`)
  return deploy
}

/** The resources of a YAML text. */
export const resourcesOf = (text: string): ReadonlyArray<Resource> =>
  // Whether they are resources at all is what the schema test asks.
  parseAllDocuments(text).map((document): Resource => document.toJS())

/** Objects that `kubectl apply -k` would send. */
export const render = (directory: string): ReadonlyArray<Resource> => {
  const { status, stderr, stdout } = spawnSync("kubectl", ["kustomize", directory], { encoding: "utf8" })
  if (status !== 0) throw new Error(`kubectl kustomize ${directory}: ${stderr}`)
  return resourcesOf(stdout)
}

const rendered = new Map<string, ReadonlyArray<Resource>>()

/** An overlay of the repository, rendered once. */
export const overlay = (name: string): ReadonlyArray<Resource> => {
  const known = rendered.get(name) ?? render(`${root}/deploy/${name}`)
  rendered.set(name, known)
  return known
}

/** One resource, as the type that its kind has: the schema test has checked it. */
export const find = <A>(resources: ReadonlyArray<Resource>, kind: string, name: string): A => {
  const found = resources.find((resource) => resource.kind === kind && resource.metadata.name === name)
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`)
  return found as A
}

/** The pods that resources make, by the resource's name. */
export const podsOf = (resources: ReadonlyArray<Resource>): ReadonlyArray<readonly [string, V1PodTemplateSpec]> =>
  resources.flatMap((resource) =>
    "spec" in resource && resource.spec !== null && typeof resource.spec === "object" && "template" in resource.spec
      ? [[`${resource.kind}/${resource.metadata.name}`, resource.spec.template as V1PodTemplateSpec] as const]
      : []
  )

/** A pod's one container. */
export const containerOf = (pod: V1PodTemplateSpec | undefined): V1Container => {
  const [container, ...others] = pod?.spec?.containers ?? []
  if (container === undefined || others.length > 0) throw new Error("there is not exactly one container")
  return container
}
