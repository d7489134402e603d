// SPDX-License-Identifier: MIT
//
// Looks at the certificate of a TLS peer while the handshake runs: its fingerprint and dates are
// then known also when the check fails. The callback and the accessors for a certificate's parts
// speak of OpenSSL's own types and macros, so they stay in C; Swift sees `hv_peer_certificate` only.
#pragma once
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

typedef struct {
  bool is_pinned;            // in: compare with `pin` instead of asking the trust store
  unsigned char pin[32];     // in: SHA-256 of the certificate's DER
  bool has_begun;            // out: the connection stands, the handshake runs
  bool is_seen;              // out: the fields below are set
  bool is_pin_mismatch;      // out
  unsigned char sha256[32];  // out
  int64_t not_before;        // out: Unix seconds
  int64_t not_after;         // out: Unix seconds
  char subject[256];         // out: RFC 2253 text, cut at the end
  char issuer[256];          // out
} hv_peer_certificate;

static inline int64_t hv_unix_seconds(const ASN1_TIME *at) {
  struct tm parts;
  memset(&parts, 0, sizeof parts);
  if (at == NULL || ASN1_TIME_to_tm(at, &parts) != 1) return 0;
  // Days since 1970-01-01 by the proleptic Gregorian calendar; March is month 0, so that the
  // leap day comes last.
  int64_t year = parts.tm_year + 1900 - (parts.tm_mon < 2);
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * ((parts.tm_mon + 10) % 12) + 2) / 5 + parts.tm_mday - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  int64_t days = era * 146097 + day_of_era - 719468;
  return ((days * 24 + parts.tm_hour) * 60 + parts.tm_min) * 60 + parts.tm_sec;
}

static inline void hv_copy_name(X509_NAME *name, char *text, int capacity) {
  text[0] = 0;
  BIO *memory = BIO_new(BIO_s_mem());
  if (memory == NULL) return;
  if (name != NULL && X509_NAME_print_ex(memory, name, 0, XN_FLAG_RFC2253) >= 0) {
    int count = BIO_read(memory, text, capacity - 1);
    text[count > 0 ? count : 0] = 0;
  }
  BIO_free(memory);
}

static inline int hv_check_certificate(X509_STORE_CTX *store, void *context) {
  hv_peer_certificate *seen = context;
  X509 *leaf = X509_STORE_CTX_get0_cert(store);
  if (leaf == NULL) return 0;
  unsigned int length = 0;
  if (X509_digest(leaf, EVP_sha256(), seen->sha256, &length) != 1 || length != 32) return 0;
  seen->not_before = hv_unix_seconds(X509_get0_notBefore(leaf));
  seen->not_after = hv_unix_seconds(X509_get0_notAfter(leaf));
  hv_copy_name(X509_get_subject_name(leaf), seen->subject, sizeof seen->subject);
  hv_copy_name(X509_get_issuer_name(leaf), seen->issuer, sizeof seen->issuer);
  seen->is_seen = true;
  if (!seen->is_pinned) return X509_verify_cert(store);
  seen->is_pin_mismatch = CRYPTO_memcmp(seen->sha256, seen->pin, 32) != 0;
  X509_STORE_CTX_set_error(
      store, seen->is_pin_mismatch ? X509_V_ERR_CERT_REJECTED : X509_V_OK);
  return seen->is_pin_mismatch ? 0 : 1;
}

// `seen` must live until the handshake is over: renegotiation, which would ask again later, is off.
static inline void hv_watch_certificate(void *ssl_context, hv_peer_certificate *seen) {
  SSL_CTX *tls = ssl_context;
  seen->has_begun = true;
  SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_cert_verify_callback(tls, hv_check_certificate, seen);
}

// A call with variable arguments, which Swift does not take.
static inline EVP_PKEY *hv_new_p256_key(void) {
  return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
}
