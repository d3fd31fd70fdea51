import { z } from "zod";

/** The page's policy forbids code from texts, by which schemas would be quicker; asking for it would be reported. */
z.config({ jitless: true });
