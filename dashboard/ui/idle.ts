import { useEffect, useState } from "react";

const LONGEST_MILLISECONDS = 2_000;

/** Whether the view is there and the browser has had time: for what is not needed at first. */
export function useIsIdle(): boolean {
  const [isIdle, setIdle] = useState(false);
  useEffect(() => {
    const onIdle = () => setIdle(true);
    // Safari does not have it yet.
    if (typeof requestIdleCallback !== "function") {
      const timer = setTimeout(onIdle, LONGEST_MILLISECONDS);
      return () => clearTimeout(timer);
    }
    const asked = requestIdleCallback(onIdle, { timeout: LONGEST_MILLISECONDS });
    return () => cancelIdleCallback(asked);
  }, []);
  return isIdle;
}
