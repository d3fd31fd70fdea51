// Renders the templates of a chart with Go's template engine, as Helm does, and fails on any value that is missing.
// Arguments: the folder of the chart, and the values as JSON with Chart, Release and Values. It prints YAML.
package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

func main() {
	folder := os.Args[1]
	var values map[string]any
	must(json.Unmarshal([]byte(os.Args[2]), &values))
	chart := template.New("chart").Option("missingkey=error")
	chart.Funcs(template.FuncMap{
		"default": func(otherwise, given any) any {
			if given == nil || given == "" {
				return otherwise
			}
			return given
		},
		"dict": func(pairs ...any) map[string]any {
			made := map[string]any{}
			for index := 0; index < len(pairs); index += 2 {
				made[pairs[index].(string)] = pairs[index+1]
			}
			return made
		},
		"include": func(name string, data any) (string, error) {
			var text strings.Builder
			err := chart.ExecuteTemplate(&text, name, data)
			return text.String(), err
		},
		"list": func(items ...any) []any { return items },
		"nindent": func(spaces int, text string) string {
			pad := "\n" + strings.Repeat(" ", spaces)
			return pad + strings.ReplaceAll(text, "\n", pad)
		},
		"quote":     func(value any) string { return fmt.Sprintf("%q", fmt.Sprint(value)) },
		"sha256sum": func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) },
		// JSON is YAML.
		"toYaml": func(value any) (string, error) {
			text, err := json.Marshal(value)
			return string(text), err
		},
	})
	files, err := filepath.Glob(filepath.Join(folder, "templates", "*"))
	must(err)
	base := values["Chart"].(map[string]any)["Name"].(string) + "/templates"
	values["Template"] = map[string]any{"BasePath": base}
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(err)
		_, err = chart.New(base + "/" + filepath.Base(file)).Parse(string(text))
		must(err)
	}
	for _, file := range files {
		if filepath.Ext(file) == ".yaml" {
			fmt.Printf("---\n# %s\n", filepath.Base(file))
			must(chart.ExecuteTemplate(os.Stdout, base+"/"+filepath.Base(file), values))
		}
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
