/** File names in a COCO file come from elsewhere: none may lead out of the folder of images. */

/** Why a `file_name` is not a relative path with forward slashes within the folder; null where it is. */
export function problemOfFileName(name: string): string | null {
  const shown = JSON.stringify(name)
  if (name.includes("\0")) return `${shown} contains a NUL character`
  if (name.includes("\\")) return `${shown} contains a backslash: separate folders by "/"`
  if (name.startsWith("/") || /^[a-z]:/i.test(name)) {
    return `${shown} is an absolute path: give it relative to the folder of images`
  }
  if (/^[a-z][a-z+.-]+:\/\//i.test(name))
    return `${shown} is an address: download the images, and give paths relative to their folder`
  const segments = name.split("/")
  if (segments.includes("..")) return `${shown} leads out of the folder of images by ".."`
  if (segments.some((segment) => segment === "" || segment === ".")) {
    return `${shown} has an empty segment or ".": write it without`
  }
  return null
}
