/**
 * The paired tasks of arXiv 2406.09067, once for all pipelines. Primary and secondary are roles of a category, whatever
 * its size in an image. `paired_tasks.csv` lists the images of each task.
 */
export const pairedTasks = [
  { task: "0", primary: ["cat", "dog"], secondary: ["bench", "bed", "couch", "chair"] },
  { task: "1", primary: ["person", "dining table"], secondary: ["pizza", "cup", "knife", "cake"] },
  { task: "2", primary: ["bus", "train"], secondary: ["traffic light", "bench", "backpack", "handbag"] },
  { task: "3", primary: ["laptop", "tv"], secondary: ["mouse", "remote", "keyboard", "cell phone"] },
  { task: "4", primary: ["microwave", "oven"], secondary: ["bottle", "cup", "knife", "spoon"] },
  {
    task: "5",
    primary: ["car", "motorcycle"],
    secondary: ["traffic light", "handbag", "backpack", "bicycle"]
  }
] as const
