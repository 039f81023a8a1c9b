/**
 * Ids: how the rows of tables name a scene and an object in it.
 *
 * A scene's id is text. An object is named by its scene and its index there, the column `object`: its position in the
 * scene's `objects`. What the scene's source left out is numbered on from the last object.
 */

/**
 * The `object` of a row that is not about one object: a mask or a token of the union of a category's objects, of the
 * background or of the image, and an example that asks about the scene.
 */
export const noObject = -1

/** The text id of an object, such as `00012/3`: unique among the objects of all scenes. */
export const objectId = (scene: string, object: number): string => `${scene}/${object}`

/** As `objectId`, but the scene's id for a row that is not about one object. */
export const sceneOrObjectId = (scene: string, object: number): string =>
  object === noObject ? scene : objectId(scene, object)

/**
 * Orders texts by code point, as Python sorts them: JavaScript's `<` goes by UTF-16 code unit, in which a character
 * beyond U+FFFF stands before "～". (UTF-8 keeps the order of code points.)
 */
export const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
