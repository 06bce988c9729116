import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as ControlPlane from "./ControlPlane.ts"
import { makeApi } from "./KubeApi.ts"
import { apply, namespace, rendered } from "./RealCluster.ts"

class Plane extends Context.Service<Plane, ControlPlane.ControlPlane>()("nominal-code/test/Plane") {}

const plane = Layer.effect(Plane, ControlPlane.make()).pipe(Layer.provide(NodeServices.layer))

/** A copy of `deploy/` with the template's secrets where it expects yours. */
const deploy = Effect.acquireRelease(
  Effect.sync(() => {
    const directory = mkdtempSync(join(tmpdir(), "nominal-deploy-"))
    cpSync("deploy", directory, { recursive: true })
    cpSync(`${directory}/k8s/secret.yaml.template`, `${directory}/k8s/secret.yaml`)
    return directory
  }),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
)

layer(plane, { excludeTestServices: true, timeout: "3 minutes" })(
  "the manifests of deploy/, on a real API server",
  (it) => {
    it.effect("are taken by its strict validation: the base, and the overlays for production and CI", () =>
      Effect.gen(function*() {
        const { api } = yield* Plane
        const directory = yield* deploy
        for (const resource of rendered(`${directory}/k8s`)) {
          const { body, code } = yield* apply(api, resource)
          assert.isBelow(code, 300, `${resource.kind}/${resource.metadata.name}: ${JSON.stringify(body)}`)
        }
        for (const overlay of ["production", "ci"]) {
          for (const resource of rendered(`${directory}/${overlay}`)) {
            const { body, code } = yield* apply(api, resource, true)
            assert.isBelow(code, 300, `${overlay}: ${resource.kind}/${resource.metadata.name}: ${JSON.stringify(body)}`)
          }
        }
      }))

    it.effect("give the servers the rights that they need, and no others", () =>
      Effect.gen(function*() {
        const { api, ca, port } = yield* Plane
        const { body } = yield* api.send(
          "POST",
          `/api/v1/namespaces/${namespace}/serviceaccounts/nominal-code-server/token`,
          {
            body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} }
          }
        )
        const server = makeApi({ port, ca, token: String(JSON.parse(JSON.stringify(body)).status.token) })
        const may = (group: string, resource: string, verb: string, where = namespace) =>
          Effect.map(
            server.send("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
              body: {
                apiVersion: "authorization.k8s.io/v1",
                kind: "SelfSubjectAccessReview",
                spec: { resourceAttributes: { namespace: where, group, resource, verb } }
              }
            }),
            ({ body }) => JSON.parse(JSON.stringify(body)).status.allowed === true
          )
        for (const verb of ["create", "get", "list", "watch", "delete"]) {
          assert.isTrue(yield* may("batch", "jobs", verb), verb)
        }
        for (const verb of ["list", "watch"]) {
          assert.isTrue(yield* may("", "pods", verb), verb)
        }
        assert.isTrue(yield* may("", "events", "list"))
        const others = [["", "secrets", "get"], ["", "pods", "create"], ["", "pods/exec", "create"], [
          "batch",
          "jobs",
          "patch"
        ]] as const
        for (const [group, resource, verb] of others) {
          assert.isFalse(
            yield* may(group, resource, verb),
            `${verb} ${resource}`
          )
        }
        assert.isFalse(yield* may("batch", "jobs", "create", "default"))
      }))
  }
)
