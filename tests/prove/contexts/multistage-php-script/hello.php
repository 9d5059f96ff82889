<?php

require __DIR__ . "/vendor/autoload.php";

echo Example\Greet\Greeting::for($argv[1] ?? "world"), PHP_EOL;
