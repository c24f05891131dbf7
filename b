{
  "banks": {
    "sha1": {
      "11": "b8a02246bf1ace8e7de9a56f2a64f36c11312902",
      "12": "0000000000000000000000000000000000000000",
      "13": "0000000000000000000000000000000000000000",
      "15": "0000000000000000000000000000000000000000",
      "4": "ac904ab7833c8800d45652f5e3720ff745ec0867",
      "5": "07895d1a659b6f7ca500f7ebb393096129725535",
      "8": "0000000000000000000000000000000000000000",
      "9": "f545fe0c9a793946b20146b32c35433e867a4ede"
    },
    "sha256": {
      "11": "bdd2bcbe922a72abe7b9be5596343d182a23ef89bdea07efeddcc37a391726df",
      "12": "0000000000000000000000000000000000000000000000000000000000000000",
      "13": "0000000000000000000000000000000000000000000000000000000000000000",
      "15": "0000000000000000000000000000000000000000000000000000000000000000",
      "4": "47edf976fa7e93ef83ae043b6d6f59d932f69f4c9b2a1698dc9ceabeb38c34df",
      "5": "da9474b4f7a78a0b392a277e8e3e810ba53c3069550d9eb5c70b8931aab6a49f",
      "8": "0000000000000000000000000000000000000000000000000000000000000000",
      "9": "f606fd56b2be1419e542907b2257512887a59539df139177219ec660da1e52be"
    },
    "sha384": {
      "11": "f9e81df25cab844594c912ae8aa533250dc68ba815abc0bf2033efb4ccb22cf60027dda2023f7a43681c59393672218b",
      "12": "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
      "13": "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
      "15": "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
      "4": "0d5df6e298224f92b03f87bc9c5d7b5153e6add6087752a1df8e7a72daa8d32c1fc212d606e46cefbb13daf126f3a10c",
      "5": "827a6d1eefd23c5ad2f2f29fa08c550b8eeaf9d5ef48b48aba8d71a1489f826adc901d346e8d9176063a11c3213e66f2",
      "8": "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
      "9": "20c25c7be3421aadc2c308915240d3ea2a44b29677e84b15e418052a04737a2f88edf7c56bbc781ac4aab148675798b1"
    },
    "sha512": {
      "11": "04d317ddd240535d94676aea6593d8a68c66d314a00872261dedb9d7b9fb5dd9eae74788af6abf2b83fffe6fe8a65ae1758cbd3c76fba09201acc122d786baf0",
      "12": "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
      "13": "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
      "15": "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
      "4": "ba9eb7f432ea46da3114b94bdd12be45a2ea9e1114fb7bed04fe4fd27c0124656c1f82c4def4499ef5116cd92393b7457ebe7745c6e979d69aa442a93891a80f",
      "5": "93d34f1738d56424495e7f4f9c1c5e02dea23eb41f9fee2f1404479de7feca053df75f00b8297dc1356743ce2e6f125d96e9f3a87c81215ead872f9f207328a7",
      "8": "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
      "9": "91a42fbdaa30767082568bb11b63a4087fb88b5550959db1f819f844cf79d0abb6db10ceea84878149475255c6cc98b447587f69f6f569c925c4fcee380a12da"
    }
  },
  "boot": {
    "path": "disk",
    "platform": "any",
    "secure_boot": false,
    "systemd_boot": false
  },
  "conditions": {
    "11": "before user space runs: systemd-pcrphase in an image would extend it further",
    "15": "before user space runs: systemd in an image with TPM support would extend it",
    "4": "firmware starts the image itself, without a boot loader in between",
    "5": "the kernel leaves boot services at its first attempt, and firmware measures nothing else here: seen with OVMF, not promised by others",
    "9": "nothing but the image's own command line and initrd reaches the kernel",
    "rtmr2": "firmware gives the kernel the TDX module's registers and no TPM; before user space runs",
    "rtmr3": "before user space runs: nothing in firmware and kernel extends it"
  },
  "events": [
    {
      "description": "boot attempt: \"Calling EFI Application from Boot Option\"",
      "pcr": 4,
      "rtmr": 1,
      "sha1": "cd0fdb4531a6ec41be2753ba042637d6e5f7f256",
      "sha256": "3d6772b4f84ed47595d72a2c4c5ffd15f5bb72c7507fe26f2aaee2c69d5633ba",
      "sha384": "77a0dab2312b4e1e57a84d865a21e5b2ee8d677a21012ada819d0a98988078d3d740f6346bfe0abaa938ca20439a8d71",
      "sha512": "03020279c5ea3676d6630c82a9931343225e8eab81529b65c786aeb6a445d3852a34dd193178f938b6b47345a72d4b647df309c971f7c02f0ede296a136a1086",
      "type": "EV_EFI_ACTION"
    },
    {
      "description": "separator: four zero bytes",
      "pcr": 4,
      "rtmr": 1,
      "sha1": "9069ca78e7450a285173431b3e52c5c25299e473",
      "sha256": "df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119",
      "sha384": "394341b7182cd227c5c6b07ef8000cdfd86136c4292b8e576573ad7ed9ae41019f5818b4b971c9effc60e1ad9f1289f0",
      "sha512": "ec2d57691d9b2d40182ac565032054b7d784ba96b18bcb5be0bb4e70e3fb041eff582c8af66ee50256539f2181d7f9e53627c0189da7e75a4d5ef10ea93b20b3",
      "type": "EV_SEPARATOR"
    },
    {
      "description": "separator: four zero bytes",
      "pcr": 5,
      "sha1": "9069ca78e7450a285173431b3e52c5c25299e473",
      "sha256": "df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119",
      "sha384": "394341b7182cd227c5c6b07ef8000cdfd86136c4292b8e576573ad7ed9ae41019f5818b4b971c9effc60e1ad9f1289f0",
      "sha512": "ec2d57691d9b2d40182ac565032054b7d784ba96b18bcb5be0bb4e70e3fb041eff582c8af66ee50256539f2181d7f9e53627c0189da7e75a4d5ef10ea93b20b3",
      "type": "EV_SEPARATOR"
    },
    {
      "description": "partition table: header and used entries",
      "pcr": 5,
      "rtmr": 1,
      "sha1": "d508bbdb1a5a6a1cfa052dedbb084c69243f4950",
      "sha256": "09cf9017c97664a23c4b5bb6c0af383f5ff978727f82478715f0fa8f378b2950",
      "sha384": "7ceb2d31f874c3a37c2e2b46aa4b98557fdd10d386992bb26b603479429a08498ee8a8af5235a6d38076b527120c9f73",
      "sha512": "50850b019d7dee306ea5be28d54bf475033e6f9094d97f7cfd675116b2938b22c62193ca75c8bca6c6f4c48f809b6e532afe55da560bd3f4abb1db7e368ce9ef",
      "type": "EV_EFI_GPT_EVENT"
    },
    {
      "description": "unified kernel image: Authenticode digest",
      "pcr": 4,
      "rtmr": 1,
      "sha1": "b59bb4103241c295f8ddeef6a5ce832abf0d79d6",
      "sha256": "50e9b763af62f13d142e7bd933a1e1ffcd77ae8d06a6882103a9fd2ba2e8c149",
      "sha384": "3ccc7f9f9f8d5e32e05d800259aba74f546531a9678fa3b7346a87c4b16a9f96a1fdc52393cd89f724fd517893bfc1f6",
      "sha512": "871984e62b855925b0c122d3ba4bb32d7804f0cea2cbb26c87098f7f56c82b30851b10e7931bc08e1ed5198527c66165f97cde50aad3a4859918fc7bab89e4dd",
      "type": "EV_EFI_BOOT_SERVICES_APPLICATION"
    },
    {
      "description": "name of section '.linux' with NUL",
      "pcr": 11,
      "rtmr": 2,
      "sha1": "f1a7ecb0cf7668e20d73177a1725b4d2aa4e5724",
      "sha256": "0da293e37ad5511c59be47993769aacb91b243f7d010288e118dc90e95aaef5a",
      "sha384": "2fdc8531577607d99031d70fb3063e9e4aecf50a7eaa9c2b0bcda5c5a6e111302996c138465920cadea4416d36089651",
      "sha512": "a231b3aa8b950af9567d2f7b1c2f9576b2fbad386a179e389bfaf759cb774af2135e5ec63b2b079098de3af39668acabf5e0915e66d8747f30554997df89690a",
      "type": "EV_IPL"
    },
    {
      "description": "content of section '.linux', 11745216 bytes",
      "pcr": 11,
      "rtmr": 2,
      "sha1": "8bc2315952fbca95da7c325a9e0c06d9d5840fc5",
      "sha256": "fd09ba2d352b222ed9dc5e5446d434b821d5b7eae0ba030cdd078e903a85cfb9",
      "sha384": "3558a2ba14101a33e055e2fd30462d8fd7275c2aef04fbe77e5a916698a2d361b669518ffbb812d3c95b8e6727cd53f4",
      "sha512": "8cafeb54a77269fad490f35b260419cda44e1a11fb6755dc4ea696174a3959cd99c53f1458777f609ef0cd492c57bc591c1f245829a862f1936340b7399e494a",
      "type": "EV_IPL"
    },
    {
      "description": "name of section '.osrel' with NUL",
      "pcr": 11,
      "rtmr": 2,
      "sha1": "93860b993799b71f0d0c34541e251ea0d6fc286c",
      "sha256": "3fb9e4e3cc810d4326b5c13cef18aee1f9df8c5f4f7f5b96665724fa3b846e08",
      "sha384": "1d6077a2797911c374edbc610fa01e184a1e8e4492ff35a1e355efeaf330e7c8cb03492dac7ee13d3efa6f099e0bbc81",
      "sha512": "d319ac6f4bdd2cbce1bb949e241adbc2b0664f323fa00645e4787b1d72bdcd29b3b1ce06d70d3fb501fb28f000990e27bc912ead7ddf1947dbfd61285497f587",
      "type": "EV_IPL"
    },
    {
      "description": "content of section '.osrel', 302 bytes",
      "pcr": 11,
      "rtmr": 2,
      "sha1": "262a2cbd3d46f922bd990ca1fd2a356d34fb6c6a",
      "sha256": "1f82c3d17084c70c88cf8a684ce2157c51c06a951b75effce14937f36561f779",
      "sha384": "71488cebe779d33559363eb3de4f0a303ae134293706cc9e93e376a9f3807e601adedae89b6817458094ab161b9de13d",
      "sha512": "7470b72d1e836e38f3a5a5acfdabcdc31027c18ed2a5ab57f5e3b078eb1154f0ce44ef39c73898cabe1fe3b9dabb862bc808606862356f9d456f6dca4004bba0",
      "type": "EV_IPL"
    },
    {
      "description": "name of section '.cmdline' with NUL",
      "pcr": 11,
      "rtmr": 2,
      "sha1": "4ba066dbd5a063ff4a7d2deee4db04bdb70451cb",
      "sha256": "461203a89f23e36c3a4dc817f905b00484d2cf7e7d9376f13df91c41d84abe46",
      "sha384": "93c4536618d5be4a74e2cb9caa0a4d8975ce70dc9efe0c53aa4cedbcda9d02f60c8a68fd01f960b876f9dd31818a6f41",
      "sha512": "bc9a70f208c243bc9562241eb2bad568422a285f7ac49ac0419084fb1e7cef32a99792100a6cfffd3b8e0bd333be116d4ed13e257ad4794b1404fe28073b323e",
      "type": "EV_IPL"
    },
    {
      "description": "content of section '.cmdline', 304 bytes",
      "pcr": 11,
      "rtmr": 2,
      "sha1": "3e095cd12b302310f5d6d6fc9a850baa658a8712",
      "sha256": "87665be22fab8833553072d606f1c3b1311a0409cc61f8eb58c0781096b7ac53",
      "sha384": "1f82ad17f0faec58d3385a3374582a91d2ca71af39ae9178f423a5e9e2e87e241a30c4a9a2a5a89c691d09ab9ab0e7d8",
      "sha512": "0311733efcd2e51d20f8e501a36e96d883d783c4dd6125c895d7bb4847193374aa70dbae3e7faa7d2f356cbba3fe5fe7bfb63021dd91d300d4ac53b31e51484e",
      "type": "EV_IPL"
    },
    {
      "description": "name of section '.initrd' with NUL",
      "pcr": 11,
      "rtmr": 2,
      "sha1": "cef6482ba7d6be694a6bed3411c3544214e984fd",
      "sha256": "15ee37e75f1e8d42080e91fdbbd2560780918c81fe3687ae6d15c472bbdaac75",
      "sha384": "1bcd2ed729fb9dc7b1a168ab4a6e2e04b66d7405ea2622d666780ec9f1eceb031010f0bdf37c46ab34e6a7201b73d5ae",
      "sha512": "c9a9f832cc896b291aa438739bcaa2ed77f0b6a6664c33f1cebc056fb1465fa0431162e2336cbbf4e11522ec9351dbd41959c9e332016067c1fe9f231b891308",
      "type": "EV_IPL"
    },
    {
      "description": "content of section '.initrd', 1140466 bytes",
      "pcr": 11,
      "rtmr": 2,
      "sha1": "69928bebf003039ab0cd1629e7af8503ade5ff07",
      "sha256": "d50937c09d79485a5bcf44875494d20ec1b8fd1dd64cf9ac60e27ac4ff01857c",
      "sha384": "c3a6eb42ce6cd4d50d0544a840e0e68b745c1825e4abd5e1f3e15a0c6d03ad5f2d57d0cd3c68207a312ef19f7212faf4",
      "sha512": "7cc3c10661f96a8eefe9d84a53a9f79be525409a0de1bd365723b1db9f620c6f6a50a97c9ed23c97e5277f5d04e84ca5c40bf70691b558bdac837a73256c7498",
      "type": "EV_IPL"
    },
    {
      "description": "name of section '.uname' with NUL",
      "pcr": 11,
      "rtmr": 2,
      "sha1": "72344ca1ba34b18d672055e30ce9fc1339fa9400",
      "sha256": "da7a6d941caa9d28b8a3665c4865c143db8f99400ac88d883370ae3021636c30",
      "sha384": "16b48d924b98bdfe9d5c97983801443e5371dae2de1a9911636b417b1b14a7d54d9c648a8c64510c3dbd5d6060387171",
      "sha512": "8fab3a95061c62f231ebee9f915ed8c3963f1ff19d7edbd38931546ff94732e8ef42cd37dc2fe20d5de00c3f77cb2c000cb151ba9c67a77c72e76f61f3370a13",
      "type": "EV_IPL"
    },
    {
      "description": "content of section '.uname', 26 bytes",
      "pcr": 11,
      "rtmr": 2,
      "sha1": "d2c43b0fe5886d8d03ea7adfeea19f30409b6233",
      "sha256": "dabb4d41e19a29e7e83fc8ac7f8c41ee684f90fbd432ff9b60db0f8d68b20f39",
      "sha384": "7059d6f966f5357617423343db08ee515bbe515525491fe534a922e9339ab040b74608f31102befa10b8c27ce844601f",
      "sha512": "afa6f6780f4e8dc1d73ba2ab847ae9f81f530a295f1f67e3f0915b5cd158e34726db0204d20c09b030104e7dad19fede6e860a028acdf5cd5372d017cd6f9cfb",
      "type": "EV_IPL"
    },
    {
      "description": "name of section '.sbat' with NUL",
      "pcr": 11,
      "rtmr": 2,
      "sha1": "63af9d6ea7775d4cd2e43de708edebca019c6c1b",
      "sha256": "ff552fd255be18a3d61c0da88976fc71559d13aad12d1dfe1708cf950cc4b74c",
      "sha384": "52a957bc706ceae8f202046a07342684b10ce67c73756def7713fe1246935abe07f7043f6b76d78e1e05772aaa46c56c",
      "sha512": "0c15f37303126ccbb11b01046dbbc4f5d863a8d594edba01ef21b6888983c845f3b5f7c1149796b41f41e6f96e6def8114d5caf98d73c8e7c055ba6d195f361f",
      "type": "EV_IPL"
    },
    {
      "description": "content of section '.sbat', 249 bytes",
      "pcr": 11,
      "rtmr": 2,
      "sha1": "b855fbb207a69c99ad0bb7448db561c527e51174",
      "sha256": "e34e16fc3b661f29d138dd017ec14683617b3bdec85d175f57731529f6a7a343",
      "sha384": "b0e32954b0446f4d81148789c9ec24176c891d2a3914ffe107fbf1abc57d6e825b9ce0499fe4265a3783477ff37dad8a",
      "sha512": "e3394e3a9fac63c4d59b61c7a25a30488ca8515f7c4a71c35091227c6f2b345c369ce751c3e18fc20b40d2110e3757720b118212d8be6e7c6d7da9ae69e2d9bb",
      "type": "EV_IPL"
    },
    {
      "description": "kernel in section '.linux': Authenticode digest",
      "pcr": 4,
      "rtmr": 1,
      "sha1": "8ec194c7f5ef622daafbbe1dfd433a2fe88d02d1",
      "sha256": "7a9f212b48e8c2878cbbca4c0eda886d66c3b978bfd709ec4a5f2149fd334e1f",
      "sha384": "1fd1d2e9a43a8772c59fbe18eb49c3c8362175b7bedad5589bfeda6506947c1911770404fb1cf19f0d7d18b93a56bce3",
      "sha512": "96d1706e1d365cef4760ed26fd3eb0d0cf24b606bcf281e01958ee5c3fafb669d0ad0bb2cac91cb136242db36f8a565712100d4aae01b2c36d375a8e3f8c4710",
      "type": "EV_EFI_BOOT_SERVICES_APPLICATION"
    },
    {
      "description": "LOADED_IMAGE::LoadOptions: command line in UTF-16 with NUL",
      "pcr": 9,
      "rtmr": 2,
      "sha1": "6be8cf4123772b94b7863ce9660b8adcac7a4fd9",
      "sha256": "c0d63c3029d6ed9fe1d9b8f2ee7912c4b443eae7482e30f680cba2bba475e32d",
      "sha384": "feac335e44c1dd7d70403e5acb8a90f7dba0bdd42d40e0aaf52ef75cee465e0ccd756250507499e539bfecbd95d65d9e",
      "sha512": "6a598f2f8bd58ff033e3b71926caf6e30d5dfade5d7eda71f84a1b6c408abde1c3da5cfedc3ae5e5d563c0c0fe08fc6f3ff61e3bd5065840dac3d1715f284d04",
      "type": "EV_EVENT_TAG"
    },
    {
      "description": "Linux initrd: section '.initrd' and what the stub adds to it",
      "pcr": 9,
      "rtmr": 2,
      "sha1": "aae75cda2f3d07db458143b59e0560d95c0d2805",
      "sha256": "d767f7a562ffb9f2b5cea0df229e8af566c3898f5db351c7555f2cfaf9b385c8",
      "sha384": "6edf28a668261313611e259d40d14c16c561a88fe2a037300b02a6f55ac8a5e64daf19185725894697013a4ff7346ccb",
      "sha512": "6fadeb5018060edb556e5d22f00e02edcf2d3a0af560b35b1efd7b9f1dbb4bf4b66b7a24ba0e22215035b6d979663c0a6e486333fedf528a7ca77ef35b20dff0",
      "type": "EV_EVENT_TAG"
    },
    {
      "description": "\"Exit Boot Services Invocation\"",
      "pcr": 5,
      "rtmr": 1,
      "sha1": "443a6b7b82b7af564f2e393cd9d5a388b7fa4a98",
      "sha256": "d8043d6b7b85ad358eb3b6ae6a873ab7ef23a26352c5dc4faa5aeedacf5eb41b",
      "sha384": "214b0bef1379756011344877743fdc2a5382bac6e70362d624ccf3f654407c1b4badf7d8f9295dd3dabdef65b27677e0",
      "sha512": "0fed3a4c9552021436534d27f3adb481e22b50b29e4b37a63f518540a651a174f149b69f500b0bdb2cb3bf4e0e21e0781451090af33e88f6bee4cbebd15c1668",
      "type": "EV_EFI_ACTION"
    },
    {
      "description": "\"Exit Boot Services Returned with Success\"",
      "pcr": 5,
      "rtmr": 1,
      "sha1": "475545ddc978d7bfd036facc7e2e987f48189f0d",
      "sha256": "b54f7542cbd872a81a9d9dea839b2b8d747c7ebd5ea6615c40f42f44a6dbeba0",
      "sha384": "0a2e01c85deae718a530ad8c6d20a84009babe6c8989269e950d8cf440c6e997695e64d455c4174a652cd080f6230b74",
      "sha512": "1bb30cdbd6da78fe2a8a161ef51176e22d64dce305b40b47243673af64a2b16fca6182116433e3891be94773f6d7d411275721d5bf7d40ea51a274d5c891637c",
      "type": "EV_EFI_ACTION"
    }
  ],
  "file": {
    "format": "vhd",
    "name": "devnet.vhd",
    "size": 79692288
  },
  "image": {
    "authentihash": {
      "sha1": "b59bb4103241c295f8ddeef6a5ce832abf0d79d6",
      "sha256": "50e9b763af62f13d142e7bd933a1e1ffcd77ae8d06a6882103a9fd2ba2e8c149",
      "sha384": "3ccc7f9f9f8d5e32e05d800259aba74f546531a9678fa3b7346a87c4b16a9f96a1fdc52393cd89f724fd517893bfc1f6",
      "sha512": "871984e62b855925b0c122d3ba4bb32d7804f0cea2cbb26c87098f7f56c82b30851b10e7931bc08e1ed5198527c66165f97cde50aad3a4859918fc7bab89e4dd"
    },
    "command_line": "console=ttyS0,115200 loglevel=4 panic=5 module.sig_enforce=1 lockdown=integrity slab_nomerge random.trust_cpu=on random.trust_bootloader=off vsyscall=none debugfs=off systemd.show_status=yes TERM=dumb systemd.import_credentials=no roothash=d9da97c33e58b1c28800901d79d92b37a5f8851bb4036947e1dbe8b247c0105a",
    "debug": false,
    "kernel": "6.12.118+deb13-cloud-amd64 (debian-kernel@lists.debian.org) #1 SMP PREEMPT_DYNAMIC Debian 6.12.118-1 (2026-11-20)",
    "path": "EFI/BOOT/BOOTX64.EFI",
    "sha256": "23c1b51fcc92cdf929ab60be27c0eafdd5ebf01dc00b9ac14164d9b728a5956f",
    "size": 12979712,
    "stub": "257.13-1~deb13u1"
  },
  "measurements": {
    "11": {
      "expected": "bdd2bcbe922a72abe7b9be5596343d182a23ef89bdea07efeddcc37a391726df"
    },
    "12": {
      "expected": "0000000000000000000000000000000000000000000000000000000000000000"
    },
    "13": {
      "expected": "0000000000000000000000000000000000000000000000000000000000000000"
    },
    "15": {
      "expected": "0000000000000000000000000000000000000000000000000000000000000000"
    },
    "4": {
      "expected": "47edf976fa7e93ef83ae043b6d6f59d932f69f4c9b2a1698dc9ceabeb38c34df"
    },
    "8": {
      "expected": "0000000000000000000000000000000000000000000000000000000000000000"
    },
    "9": {
      "expected": "f606fd56b2be1419e542907b2257512887a59539df139177219ec660da1e52be"
    }
  },
  "not_predicted": {
    "0": "firmware code and version",
    "1": "firmware settings and the machine: ACPI tables, boot order",
    "10": "the kernel's integrity measurement architecture, if used",
    "14": "boot loaders such as shim, if used",
    "2": "option ROMs of the machine",
    "3": "configuration of option ROMs",
    "6": "the machine's manufacturer",
    "7": "Secure Boot variables of the machine",
    "mrtd": "the firmware, which was not given",
    "rtmr0": "firmware, memory size and ACPI tables, which were not given"
  },
  "tdx": {
    "rtmr1": "15536adf7fa16bedb6e6c2822d61409c4692d2be200101c03984d4e4a5743d27643a8e3ed31d86b9fdc07629d5ced0c8",
    "rtmr2": "ca7e3e070b2cae011803e53dc6cb5ecdad51f50ff141191efae560a888e301414a8076afea31359613cb79aac8f5f697",
    "rtmr3": "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
  },
  "unpredictable": {},
  "version": 2
}
