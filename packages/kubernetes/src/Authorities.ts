/** Certificate authorities of a ConfigMap in a review's pod, beside those of its image. */
import type { KubernetesSettings } from "@nominal-code/config/KubernetesSettings"
import { Option } from "effect"
import type { ContainerManifest, PodManifest } from "./KubeJobManifest.ts"

const name = "authorities"
const mountPath = "/etc/nominal-code/authorities"

/** Name of a ConfigMap, and its entry: of "company-ca", it is `ca.crt`. */
const partsOf = (text: string) => {
  const [configMap = "", key = "ca.crt"] = text.split("/")
  return { configMap, key }
}

/** Volume with the authorities of the settings, if they name some. */
export const volumes = ({ caConfigMap }: KubernetesSettings): PodManifest["volumes"] =>
  Option.toArray(Option.map(caConfigMap, (text) => {
    const { configMap, key } = partsOf(text)
    return { name, configMap: { name: configMap, items: [{ key, path: key }] } }
  }))

/** A container that connects to something, with the authorities of the settings. Node reads them, and git hears of them. */
export const withAuthorities = ({ caConfigMap }: KubernetesSettings, container: ContainerManifest): ContainerManifest =>
  Option.match(caConfigMap, {
    onNone: () => container,
    onSome: (text) => ({
      ...container,
      env: [...container.env, { name: "NODE_EXTRA_CA_CERTS", value: `${mountPath}/${partsOf(text).key}` }],
      volumeMounts: [...container.volumeMounts, { name, mountPath, readOnly: true }]
    })
  })
