// Prints what external-dns makes of each letter between two others: its profile of golang.org/x/net/idna, which is in
// a package of its own that no other module can import (external-dns v0.21, internal/idna).
package main

import (
	"bufio"
	"fmt"
	"os"

	"golang.org/x/net/idna"
)

func main() {
	profile := idna.New(idna.MapForLookup(), idna.Transitional(true), idna.StrictDomainName(false))
	output := bufio.NewWriter(os.Stdout)
	defer output.Flush()
	for letter := rune(0x80); letter <= 0x10ffff; letter++ {
		if letter < 0xd800 || letter > 0xdfff {
			// With an error it returns what it has made so far, and external-dns takes that.
			name, _ := profile.ToASCII("a" + string(letter) + "b")
			fmt.Fprintf(output, "%x %q\n", letter, name)
		}
	}
}
