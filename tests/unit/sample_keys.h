/*
 * Keys for tests, made by openssl for nothing else.
 */
#pragma once

static const char sample_rsa_private[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQC6djvF5RBhezEb\n"
	"j4zvN660QYjRz7we+f7qPREIKWgAKCedaqH+kXhg5do33ZQ+NrKDd27OEtpGQFWp\n"
	"xGkhwJhU5Ymwr9/kyCxtMKMSpa5wumeBHW+902bZfJontG2cRFD5LJeEPV/MkTnG\n"
	"qyi29nM82ZTsQH5L2lvRFrsy4c13kmpvdkXEWKOh1GYXLn77TKIKBEDN2FbLeXmn\n"
	"n7nwPQWgCWc1ik3yiUQ+79Dw35k1Lx6ZU2gRHcNmaQGt1LZXMoogWU47ud5tNSHB\n"
	"ghQdcdKj91dGA8iDnqcRuS5sit1Zqgf+MF063GjqEenPPN9iiS1yS4Hf6H7FGWOy\n"
	"WBvV7SEhAgMBAAECgf9aCv6SciuW54avaIMGgj07juojZ83Qp6kSNKsk5dnzOXDn\n"
	"87aG2HjpUhYvJDGSWZebJPG9Uh1WD3tOoCqkwfzOAoqbaFMWiBPsJrCZMKkshte0\n"
	"4iIz6QKhxCotQlQsQlFYAtCoa3r3rqnX5o+iyyCbIfdonzxeJPRx5ChCSgiO1LHe\n"
	"Fo1JXhwKjRJ+F9LczKbcBlYHsLDpvEgNOaU/sS15n/+UaCHqi+RhjsJI8hYLniT1\n"
	"M9bE6u1V/EtGozFN2VGC4PL25u6FVyNt5W3+kiQzA5WMoXZblSvAlvl8LSLegmtI\n"
	"QXSrVX4i4mGYjKVX1CzVg7lzp5oAFgP789gQsaECgYEA8A5hCFUJx0JHMcnjO5GU\n"
	"1YdmQi90asymeDUxVBWeZ0xyFBm7GBV09ifgaNbVQmWFynuEeJkXzpDmScDH5NgT\n"
	"hcBAuvE64Y84okKt1TdHJfK3DtHP63BQfb3JhDcpEM2JJ47Y3vILy0gqeX9OFbzH\n"
	"5VV1X45BsvfOIbJRyVF8kVECgYEAxtiaMgvRiPRQqG8emryNk8CiP7waeBOvJA4+\n"
	"XJbhCSSheYMG8NvupsQS/9p1QE9eYztgDUt84OU479Azc6fu4G0l29WL4uIVBICR\n"
	"wVNmL+LjB1ohuFfOfYk8lyhi15VndnrjCXDaolp1QDUoAo7FIG49SwcYUdKZp9cx\n"
	"Y05DHtECgYEAq9He6dPUF+b8hkp2dmCRIvSy4JSOwxKP5GJOWFzQ8CbrUC/KlkZl\n"
	"XPrVyLRcGBYKWQ9nldoeDB/ydL+jU8zEzGr66dNXzbJxWtJXEdFq/2JmXBkYtO/C\n"
	"7P02i4ffwMMcdE/uMkUU4/9XR3czMKPaf+9W/3oW1D5CMCQuHeZRPsECgYAYtCRD\n"
	"/2/iweebZWK5+p7kMlR18pqfPGLP6e0Zd60xg5mEDSE5nzlBAq8RlkRm3vVtAp1m\n"
	"SXCUSCYQtR8PSVfGDglcDGW6pDfUPVzeVcwmOtvVt/7kdhQzSG98oAnXmrol4BKA\n"
	"w8KF1RMoDPKRjscyxj9bKOB+mdl5HqUGH1z7YQKBgQDG4JzkjxVsJKg3a7WBCLn8\n"
	"eM7F/SkmlzAHEQRt1M53Y7FJnkZjzPWvlyiboQAqi2BYmc7v7Pxl82KTwq1gg/Jj\n"
	"l/ZtX9QLV1Mws23qmbNr4KHLqxXOxqRwbq5Xqmf1awXzoTQyR+Uw9N2Dduuh9xik\n"
	"/G0Jyxd7vX5dQtqOlwAkzQ==\n"
	"-----END PRIVATE KEY-----\n";

static const char sample_rsa_public[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAunY7xeUQYXsxG4+M7zeu\n"
	"tEGI0c+8Hvn+6j0RCCloACgnnWqh/pF4YOXaN92UPjayg3duzhLaRkBVqcRpIcCY\n"
	"VOWJsK/f5MgsbTCjEqWucLpngR1vvdNm2XyaJ7RtnERQ+SyXhD1fzJE5xqsotvZz\n"
	"PNmU7EB+S9pb0Ra7MuHNd5Jqb3ZFxFijodRmFy5++0yiCgRAzdhWy3l5p5+58D0F\n"
	"oAlnNYpN8olEPu/Q8N+ZNS8emVNoER3DZmkBrdS2VzKKIFlOO7nebTUhwYIUHXHS\n"
	"o/dXRgPIg56nEbkubIrdWaoH/jBdOtxo6hHpzzzfYoktckuB3+h+xRljslgb1e0h\n"
	"IQIDAQAB\n"
	"-----END PUBLIC KEY-----\n";

static const char sample_rsa_3072_public[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MIIBojANBgkqhkiG9w0BAQEFAAOCAY8AMIIBigKCAYEAsKL6978Iy5ii5Z1CDY2E\n"
	"BEx1MB+WQNf6cdKJmw/zJ/zXaNbhtFw/4bZNMwAtxT+p3Xm0jCFuCGc+PAjgqt3P\n"
	"dQ4VKWOYJgmQH7fie18RsnDF+xjQrWoN88bpMUykDIyHRkREtbX+UfXvWWi9/VbX\n"
	"exs0X1yeMVOpGMjrf47QxLtQYgRsuh2IF3X88jIbCuKXQUZVWE2HN0waTl6NcTBx\n"
	"TFh1VY7/nj1l8r2T8fWoPzoStfMHtZIG5IW4P85Tat2RnYhWbExiun5AG9Jywrbk\n"
	"e3pyM8h0XKGK0N2mGp6u2FAxMH09etDylx1E69Ih8HmMq9CBHAU/oFXb+aw7HMWD\n"
	"TWT5sq7FwPhKArvq0/IjV66Ofut5NNnI4Zb7I0iKb9af8Cmxb0+TS3dPdT0vvNtr\n"
	"4z/lySv+GhXGRDM7F/CyZLdZsuy9mDopT00X1ABd3Fp0XjUjWMJeE5s++AtZPBDN\n"
	"YV13iXRgqVJ0bDnaWyxcTJOiRRVpTJyjvjzA8v/qwlszAgMBAAE=\n"
	"-----END PUBLIC KEY-----\n";

static const char sample_rsa_1024_public[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDATDZV0jq4It9DmlCawOBZUky7\n"
	"8dLyL4yOnqNi7TLafQrn0TMMaiB6nIFx3EjGc4egX5FQfDRYgK1NEkVAAJfAv5gP\n"
	"QKrDuy5Bs/9Cqbca2u5otWLWvvh/MBawg+rH4Wivo7Qx4RktZt7ati3o78+aLBr+\n"
	"wJbnhLitXvJGOVmcbwIDAQAB\n"
	"-----END PUBLIC KEY-----\n";

static const char sample_rsa_exponent_3_public[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MIIBIDANBgkqhkiG9w0BAQEFAAOCAQ0AMIIBCAKCAQEAxgImODg12Wj3TWmSbxVD\n"
	"GjLHwukLzHb09E6IptZd4iG+8yy//cVwNrsHw1idY5kSV9+JMqEOhPdmt1VQ2A/Q\n"
	"2qLX03lsw8YG16fhV6XKhbs5WN4hfhhLhlAeQqaKa/s2j/o7Yiqbfap4viH8vXJV\n"
	"z0mxgdK5iadotImj037CH7Ui9iCluM5Qpn1a9faAEvutSlPiIA6f4ZW2Z/GMRFL5\n"
	"frXj/0dr+ia7oF7jbjYkflrmEU8ERqjyeynWT1tA8oG51w8lPZ+GO++cyjDGVuZf\n"
	"F8WRIzVVu0BufyEEWfUA/fY8fsTo1LDT+5iJYwpHPMx6kcbsDma3I8Wbx/LlNNJO\n"
	"LwIBAw==\n"
	"-----END PUBLIC KEY-----\n";

static const char sample_ec_public[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEw14cKLwrWx/v/4Czbh3HSSutXzeZ\n"
	"o8fHfTSexsb3Uk3IcPU2iiNMKhyaCXdbWofy9DTDzAvBucWjniXMM2eXfA==\n"
	"-----END PUBLIC KEY-----\n";

static const char sample_x25519_private[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MC4CAQAwBQYDK2VuBCIEIGDfV+jKX2V74KJ5+mUMIN1KkLMVlMOm7qYeYRSEFtVv\n"
	"-----END PRIVATE KEY-----\n";

static const char sample_x25519_public[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MCowBQYDK2VuAyEAFwl4jvoL3FZeheQ37KbjsBDlQMHTjYVbm1RtflLKJyA=\n"
	"-----END PUBLIC KEY-----\n";
