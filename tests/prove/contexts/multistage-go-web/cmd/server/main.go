package main

import (
	"fmt"
	"html/template"
	"log"
	"net/http"
	"os"
)

func main() {
	page := template.Must(template.ParseFiles("templates/index.html"))
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		page.Execute(w, fmt.Sprintf("%d in %s", os.Getuid(), os.Getenv("LANG")))
	})
	log.Fatal(http.ListenAndServe(":18081", nil))
}
