import * as Authorities from "./Authorities.ts"
import type { ContainerManifest, PodManifest } from "./KubeJobManifest.ts"
import {
  agentEnvironment,
  checkoutEnvironment,
  type EnvironmentSettings,
  modelsEnvironment,
  publisherEnvironment
} from "./PodEnvironment.ts"
import { common, resources, volumeMounts, volumes } from "./ReviewContainer.ts"

/*
 * The containers of a review's pod where the agent has no secret. They share the pod's network, but neither processes nor
 * files, except the volumes that they mount: a socket is a file, so a container reaches those that it was given.
 */

/** Directories of the sockets, and the volumes of the containers that have no other one. */
const own = {
  agent: { name: "agent", mountPath: "/run/nominal/agent" },
  models: { name: "models", mountPath: "/run/nominal/models" },
  agentHome: { name: "agent-home", mountPath: "/home/nominal" },
  modelsHome: { name: "models-home", mountPath: "/home/nominal" }
}

const readOnly = <Mount extends { readonly name: string; readonly mountPath: string }>({ mountPath, name }: Mount) => ({
  name,
  mountPath,
  readOnly: true
})

/** A container that only hands requests on. */
const small = { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "1", memory: "512Mi" } }

/** Name of the container that decides how a pod has ended. */
export const publisher = "publisher"

/** Containers and volumes of a pod whose agent has no secret. */
export const make = (
  settings: EnvironmentSettings,
  payload: string
): Pick<PodManifest, "initContainers" | "containers" | "volumes"> => {
  const container = (
    name: string,
    args: Array<string>,
    given: Pick<ContainerManifest, "env" | "resources" | "volumeMounts">
  ): ContainerManifest => ({ name, ...common(settings.kubernetes), args, ...given })
  const connected = (...given: Parameters<typeof container>) =>
    Authorities.withAuthorities(settings.kubernetes, container(...given))
  const large = resources(settings.kubernetes)
  const workspace = volumeMounts.filter(({ name }) => name === "workspace")
  return {
    initContainers: [
      {
        ...connected("models", ["pod", "models"], {
          env: modelsEnvironment(settings),
          resources: small,
          volumeMounts: [own.models, own.modelsHome]
        }),
        restartPolicy: "Always"
      },
      connected("checkout", ["pod", "checkout"], {
        env: checkoutEnvironment(settings, payload),
        resources: large,
        volumeMounts
      })
    ],
    containers: [
      connected(publisher, ["run-job"], {
        env: publisherEnvironment(settings, payload),
        resources: large,
        volumeMounts: [...volumeMounts, own.agent, readOnly(own.models)]
      }),
      container("agent", ["pod", "agent"], {
        env: agentEnvironment(settings),
        resources: large,
        volumeMounts: [...workspace.map(readOnly), readOnly(own.agent), own.agentHome]
      })
    ],
    volumes: [
      ...volumes,
      { name: own.agent.name, emptyDir: { sizeLimit: "1Mi" } },
      { name: own.models.name, emptyDir: { sizeLimit: "1Mi" } },
      { name: own.agentHome.name, emptyDir: { sizeLimit: "256Mi" } },
      { name: own.modelsHome.name, emptyDir: { sizeLimit: "64Mi" } }
    ]
  }
}
