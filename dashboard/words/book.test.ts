import assert from "node:assert/strict";
import { test } from "node:test";

import { Book } from "./book.ts";

const PO = [
  ["{path} is too long: {length} of {limit}.", "{path} ist zu lang: {length} von {limit}."],
  ["Send {files}.", "Verwende {files}."],
  ["Ends at {time}.", "Endet am {time}."],
  ["The first comment could not be added.", "Der erste Kommentar fehlt."],
  ["{platform} says:", "{platform} meldet:"],
  ["{path} leads nowhere", "{path} führt ins Leere"],
  ["one image", "ein Bild"],
  ["one video", "ein Video"],
  ["{number} characters", "{number} Zeichen"],
  ["Place {id}", "Standort {id}"],
  ["with {name}", "mit {name}"],
  ["file {number}", "Datei {number}"],
  ["the text for {platform}", "Text für {platform}"],
  ["Alt text", "Alternativtext"],
]
  .map(([english = "", said = ""]) => `msgid ${JSON.stringify(english)}\nmsgstr ${JSON.stringify(said)}\n`)
  .join("\n");

const missing: string[] = [];
const book = new Book(PO, "de", "Europe/Berlin", (english) => missing.push(english));

test("a sentence is said with its numbers, times, labels and lists", () => {
  assert.equal(
    book.say("The text for X (Twitter) is too long: 1200 of 280 characters."),
    "Text für X (Twitter) ist zu lang: 1.200 von 280 Zeichen.",
  );
  assert.equal(book.say("File 2 is too long: altText of 12.5."), "Datei 2 ist zu lang: Alternativtext von 12,5.");
  assert.equal(book.say("Send one image or one video."), "Verwende ein Bild oder ein Video.");
  assert.equal(book.say("Ends at 2026-12-01T09:30:00.000Z."), "Endet am 01.12.2026, 10:30.");
});

test("an ID and a name stay as they are", () => {
  assert.equal(book.say("Place 212988663"), "Standort 212988663");
  assert.equal(book.say("with one video"), "mit one video");
});

test("what is wrong is said with or without what to do about it", () => {
  assert.equal(book.say("url leads nowhere"), "url führt ins Leere");
  assert.equal(book.say("url leads nowhere. Send one video."), "url führt ins Leere. Verwende ein Video.");
});

test("what others say stays as it is, and so does a sentence that is not in the book", () => {
  missing.length = 0;
  assert.equal(
    book.say("The first comment could not be added. Instagram says: Try one image. Send one video."),
    "Der erste Kommentar fehlt. Instagram meldet: Try one image. Send one video.",
  );
  assert.equal(book.say("Something else. Send one video."), "Something else. Verwende ein Video.");
  assert.deepEqual(missing, ["Instagram", "Something else."]);
});

test("a text that is longer than any sentence of ours stays as it is", () => {
  const long = "Send one image. ".repeat(1000);
  assert.equal(book.say(long), long);
});
