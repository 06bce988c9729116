import { unknownFields } from "@nominal-code/testing/KubeFields"
import { Predicate } from "effect"
import { createRequire } from "node:module"
import { root } from "./Rendering.ts"

/** A resource as YAML holds it, of which only its name is known. */
export interface Resource {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

type ValidatedModel = new(data: never) => { validate(): void }

const load = createRequire(import.meta.url)
const schemas = `${root}/ci/tools/tests/node_modules/kubernetes-models`

/** The published schema of a kind, if there is one. */
const schemaOf = (apiVersion: string, kind: string): ValidatedModel | undefined => {
  try {
    const module: Readonly<Record<string, ValidatedModel>> = load(`${schemas}/${apiVersion}/${kind}.js`)
    return module[kind]
  } catch {
    return undefined
  }
}

/** Violations of the published schema by a value: missing fields, wrong types. */
const misfits = (schema: ValidatedModel, resource: Resource): ReadonlyArray<string> => {
  try {
    // The constructor's type asks for what is about to be found out.
    new schema(resource as never).validate()
    return []
  } catch (error) {
    return [Predicate.isError(error) ? error.message : String(error)]
  }
}

/** Everything that Kubernetes would refuse or ignore about a resource. */
export const problems = (resource: Resource): ReadonlyArray<string> => {
  const name = `${resource.kind}/${resource.metadata.name}`
  const schema = schemaOf(resource.apiVersion, resource.kind)
  if (schema === undefined) {
    return [`${name}: there is no schema of ${resource.apiVersion} ${resource.kind} (\`make tools\` installs them)`]
  }
  return [
    ...misfits(schema, resource).map((text) => `${name}: ${text}`),
    // The schema lets them pass, and a cluster drops them: a typing error is silent.
    ...unknownFields(resource, `V1${resource.kind}`).map((path) => `${name}: ${path} is no field`)
  ]
}
