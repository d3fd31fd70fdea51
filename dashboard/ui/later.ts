import { type ComponentType, lazy } from "react";

const PAUSE_MILLISECONDS = 2_000;

/**
 * Loads a part of the dashboard once it is wanted. While Ampost cannot be reached, it waits: a part that failed to load
 * takes the view that shows it down. A part that is gone, because Ampost was upgraded, fails.
 */
export async function loadPart<Part>(load: () => Promise<Part>, wasReachable = false): Promise<Part> {
  try {
    return await load();
  } catch (error) {
    const isBack = await isReachable();
    // It may be reachable again only since it failed: what is gone fails once more.
    if (isBack && wasReachable) throw error;
    if (!isBack) await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
    return loadPart(load, isBack);
  }
}

async function isReachable(): Promise<boolean> {
  try {
    return (await fetch("/app/icon.svg", { method: "HEAD", cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

/** A component that is loaded like this once it is shown, or by `preload` before. */
export function later<Props>(load: () => Promise<ComponentType<Props>>) {
  const component = lazy(async () => ({ default: await loadPart(load) }));
  return Object.assign(component, { preload: () => void load().catch(() => undefined) });
}
