#!/bin/sh
# Makes the certificates of the tests anew. They are for tests alone: their keys are public.
set -eu
cd "$(dirname "$0")"
days=36500

make_authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days "$days" \
    -subj "/CN=Fustor tests $1" -keyout "$1-key.pem" -out "$1.pem" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
}

make_certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
    -keyout "$1-key.pem" -out request.pem
  printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' >extensions
  openssl x509 -req -in request.pem -days "$days" -CA ca.pem -CAkey ca-key.pem -CAcreateserial \
    -extfile extensions -out "$1.pem"
  rm request.pem extensions
}

make_authority ca
make_authority other-ca
for name in first second client; do make_certificate "$name"; done
rm -f ca.srl ca-key.pem other-ca-key.pem
