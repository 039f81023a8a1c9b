/**
 * Ids: how the rows of tables name a scene and an object in it.
 *
 * A scene's id is text. An object is named by its scene and the column `object`, its position in the scene's
 * `objects`. Objects that the scene's source left out continue the numbering.
 */

/**
 * The `object` of a row that is not about one object: a mask or token of a category's union, of the background or of
 * the image, or an example about the scene.
 */
export const noObject = -1

/** The text id of an object, such as `00012/3`: unique among the objects of all scenes. */
export const objectId = (scene: string, object: number): string => `${scene}/${object}`

/** Like `objectId`, but the scene's id for a row that is not about one object. */
export const sceneOrObjectId = (scene: string, object: number): string =>
  object === noObject ? scene : objectId(scene, object)

/**
 * Orders strings by code point, as Python sorts them. JavaScript's `<` compares UTF-16 code units, which puts a
 * character beyond U+FFFF before "～". (UTF-8 keeps the order of code points.)
 */
export const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
