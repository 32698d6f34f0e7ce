package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

// Four connections at once, three requests on each. Sleeps first: a file is looked into when it starts.
func main() {
	port, pem := os.Args[1], os.Args[2]
	time.Sleep(2 * time.Second)
	text, err := os.ReadFile(pem)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	var group sync.WaitGroup
	for n := 0; n < 4; n++ {
		group.Add(1)
		go func() {
			defer group.Done()
			transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
			client := &http.Client{Transport: transport}
			for _, size := range []int{5, 3000, 200000} {
				body := bytes.NewReader(bytes.Repeat([]byte("g"), size))
				r, err := client.Post(fmt.Sprintf("https://localhost:%s/%d", port, size), "text/plain", body)
				if err != nil {
					panic(err)
				}
				if got, _ := io.Copy(io.Discard, r.Body); got != int64(size) {
					panic(got)
				}
				r.Body.Close()
			}
			transport.CloseIdleConnections()
		}()
	}
	group.Wait()
}
